/** What the kernel tells of IPv6, for each of the checks of it. */
import { type Host, HostReadError, type InterfaceAddress } from '#host'
import { count } from '#monitor-kit/source'
import { createLinkKinds, LINKS, watchedOf } from '../links/kinds.ts'
import { readLocked } from '../links/locked.ts'

/** Settings of the kernel for each interface. */
export const CONF = '/proc/sys/net/ipv6/conf'

/** A link, as far as IPv6 is asked of it. */
export interface IPv6Link {
  readonly name: string
  /** undefined: the kernel does not tell. */
  readonly isDisabled: boolean | undefined
  readonly addresses: readonly InterfaceAddress[]
}

/** Whether the kernel has IPv6 at all. @throws HostReadError where /proc has nothing of a network */
export async function hasIPv6(host: Host): Promise<boolean> {
  const names = await host.files.list('/proc/sys/net')
  return names.includes('ipv6')
}

/** Addresses of all interfaces; none where IPv6 is off. @throws HostReadError */
export async function readAddresses(host: Host): Promise<readonly InterfaceAddress[]> {
  try {
    return await host.network.addresses('v6')
  } catch (error) {
    if (error instanceof HostReadError && error.code === 'ENOENT') return []
    throw error
  }
}

/** One of all of `name` under /proc/sys/net/ipv6/conf: disable_ipv6, forwarding, accept_ra; undefined where there is none. */
export async function readConf(
  host: Host,
  names: readonly string[],
  setting: string,
): Promise<ReadonlyMap<string, number | undefined>> {
  const texts = await host.files.readEach(names.map((name) => `${CONF}/${name}/${setting}`))
  return new Map(names.map((name, at) => [name, count(texts[at]?.trim())]))
}

/** Which links are looked at. */
export interface IPv6LinkChoice {
  readonly interfaces: readonly string[]
  readonly skipInterfaces: readonly string[]
}

/** What reads links; it knows an interface's kind until that is gone. */
export interface IPv6Links {
  /** @throws HostReadError where links or addresses cannot be read */
  read(choice: IPv6LinkChoice): Promise<readonly IPv6Link[]>
  /** Those that carry IPv6: up, with a carrier, no members of another link, and not switched off. @throws HostReadError */
  carrying(choice: IPv6LinkChoice): Promise<readonly IPv6Link[]>
}

const UP = 1
/** A member of a bond or a bridge (IFF_SLAVE is the former alone): its upper link has the addresses. */
const FILES = ['flags', 'master/ifindex'] as const

/** Whether each is up, has a carrier, and is no member of another. */
async function carryingOf(host: Host, names: readonly string[]): Promise<readonly boolean[]> {
  const texts = await host.files.readEach(names.flatMap((name) => FILES.map((file) => `${LINKS}/${name}/${file}`)))
  const carriers = await readLocked(
    host,
    names.map((name) => `${LINKS}/${name}/carrier`),
  )
  return names.map((_, at) => {
    const [flags = '', master] = texts.slice(at * FILES.length, (at + 1) * FILES.length)
    const isUp = (Number.parseInt(flags, 16) & UP) === UP
    return isUp && carriers[at] === '1' && master === undefined
  })
}

export function createIPv6Links(host: Host): IPv6Links {
  const kinds = createLinkKinds(host)

  async function read({ interfaces, skipInterfaces }: IPv6LinkChoice): Promise<readonly IPv6Link[]> {
    const names = watchedOf(await kinds.list(), interfaces, skipInterfaces)
    const addresses = await readAddresses(host)
    const disabled = await readConf(host, names, 'disable_ipv6')
    return names.map((name) => {
      const off = disabled.get(name)
      return {
        name,
        isDisabled: off === undefined ? undefined : off !== 0,
        addresses: addresses.filter((address) => address.interface === name),
      }
    })
  }
  return {
    read,
    async carrying(choice) {
      const links = (await read(choice)).filter(({ isDisabled }) => isDisabled !== true)
      const carries = await carryingOf(
        host,
        links.map(({ name }) => name),
      )
      return links.filter((_, at) => carries[at])
    },
  }
}

/** Whether an address is one that others can be spoken to with, beyond the link. */
export function isGlobal({ scope, isTentative, isDuplicate }: InterfaceAddress): boolean {
  return scope === 'global' && !isTentative && !isDuplicate
}
