/** The network that this process is in: of a process with the host's network (`hostNetwork`) that is the host's. */

/** Of IP. */
export type IpFamily = 'v4' | 'v6'

/**
 * What the kernel thinks of a neighbour (ip-neighbour(8)): `reachable` was confirmed in the last half minute, `stale` was once, `delay`
 * and `probe` are being asked, `incomplete` was asked and has not answered yet, `failed` has not answered at all, `permanent` and `noarp`
 * are not asked, `none`. /proc/net/arp tells less: `known` has a link address, confirmed lately or not; `unanswered` has none.
 */
export type NeighbourState =
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'incomplete'
  | 'failed'
  | 'permanent'
  | 'noarp'
  | 'none'
  | 'known'
  | 'unanswered'

/** Another machine on a link of this one. */
export interface Neighbour {
  readonly address: string
  readonly interface: string
  /** "02:00:00:00:00:01", as long as the link's kind has it; undefined where none is known. */
  readonly linkAddress: string | undefined
  readonly state: NeighbourState
  /** It calls itself a router (IPv6 alone). */
  readonly isRouter: boolean
}

/** One way that a route goes. */
export interface Hop {
  /** undefined: those behind the route are on the link itself. "::": one of IPv6, for a route of IPv4, of which /proc has no name. */
  readonly gateway: string | undefined
  readonly interface: string
  /** The kernel does not use it now: its interface has no carrier, or is down. Only `defaultRoutes` tells that. */
  readonly isDown: boolean
}

/** One route: where packets for a network go. */
export interface Route {
  readonly family: IpFamily
  /** "10.1.0.0", "2001:db8::"; of the default route "0.0.0.0" or "::". */
  readonly destination: string
  /** 0 for the default route. */
  readonly prefixLength: number
  /** The lowest counts. */
  readonly metric: number
  /** More than one of a multipath route; none where packets are refused. */
  readonly hops: readonly Hop[]
  /** What goes there is thrown away or refused (blackhole, unreachable, prohibit, throw). */
  readonly isRefused: boolean
}

/** An address of this machine. */
export interface InterfaceAddress {
  readonly family: IpFamily
  readonly address: string
  readonly prefixLength: number
  readonly interface: string
  readonly scope: 'global' | 'link' | 'host' | 'site' | 'other'
  /** Whether it is the only one: another machine is asked. It is not used meanwhile. */
  readonly isTentative: boolean
  /** Another machine has it: it is not used at all. */
  readonly isDuplicate: boolean
  /** It is for connections that are there, and for no new ones. */
  readonly isDeprecated: boolean
}

/** Whether this process is in the host's network. */
export type HostNetwork =
  | { readonly kind: 'same' }
  | { readonly kind: 'other' }
  /** `message`: why that cannot be told. */
  | { readonly kind: 'unknown'; readonly message: string }

/**
 * The network that this process is in. Everything of it fails as files do: @throws HostReadError, also of `ip` (`NO_IP`, `IP_FAILED`),
 * and with `MALFORMED` for a text that makes no sense. One line that makes none is left out.
 */
export interface Network {
  /**
   * Whether this process is in the network of the host's first process: with `hostNetwork: false` nothing here is the host's. Needs no
   * right. Never throws.
   */
  hostNetwork(): Promise<HostNetwork>
  /** v4 out of /proc/net/arp; v6 by `ip`, 1 to 3 ms of CPU. */
  neighbours(family: IpFamily): Promise<readonly Neighbour[]>
  /**
   * Out of /proc, without a program; what it does not tell: of v4 the further hops of a multipath route, which ways are down, and of v6
   * which table a route is in (all tables are told). At most 1 MiB of them (8,000), else `TOO_LARGE`.
   */
  routes(family: IpFamily): Promise<readonly Route[]>
  /** The default routes of the main table, by `ip`, 2 ms of CPU: with every hop, and whether it is down; the one that counts first. */
  defaultRoutes(family: IpFamily): Promise<readonly Route[]>
  /**
   * v6 out of /proc/net/if_inet6 (ENOENT: this machine has no IPv6); v4 by `ip`, 2 to 3 ms of CPU: /proc/net/fib_trie has no
   * interfaces.
   */
  addresses(family: IpFamily): Promise<readonly InterfaceAddress[]>
}
