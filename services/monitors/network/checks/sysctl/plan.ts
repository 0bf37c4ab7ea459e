/** Which sysctls have to be what, and why. Pure. */
import type { Reading, Unobserved } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'

/** One sysctl, and what it has to be. */
export interface Want {
  /** "net.ipv4.ip_forward" */
  readonly key: string
  readonly expected: string
  /** What does not work otherwise: "packets of pods are not forwarded"; "" for what only the configuration knows. */
  readonly because: string
  /** It has to be there: without it the kernel lacks a module, or the name is wrong. Else it is not known. */
  readonly hasToExist: boolean
  /** Why it is not known whether it has to be so. */
  readonly unseen?: Unobserved
}

/** Which networks pods have on this node. */
export interface PodNetworks {
  readonly v4: Reading<boolean>
  readonly v6: Reading<boolean>
}

/** What is seen of the machine before it is known what has to be. */
export interface Place {
  readonly pods: PodNetworks
  /** The kernel has IPv6. */
  readonly hasIPv6: boolean
  /** Interfaces of hardware, and bonds. */
  readonly interfaces: readonly string[]
}

/** A dot in the name of an interface is written "/": net.ipv4.conf.eth0/100.forwarding, as sysctl(8) has it. */
export function confKey(family: 'ipv4' | 'ipv6', name: string): string {
  return `net.${family}.conf.${name.replaceAll('.', '/')}.forwarding`
}

/**
 * Where a sysctl stands, by the rule of sysctl(8): the first separator says which of "." and "/" stands between the parts, the other one
 * is the other one. undefined for a name that leads elsewhere.
 */
export function pathOf(key: string): string | undefined {
  const first = /[./]/.exec(key)?.[0]
  const parts = first === '/' ? key.split('/') : key.split('.').map((part) => part.replaceAll('/', '.'))
  const isWrong = parts[0] !== 'net' || parts.length < 2 || parts.some((part) => /^\.{0,2}$/.test(part))
  return isWrong ? undefined : `/proc/sys/${parts.join('/')}`
}

/** Where it is not known whether pods need it, neither is what it has to be. */
function forwardingOf(family: 'ipv4' | 'ipv6', config: Config, place: Place): readonly Want[] {
  const pods = family === 'ipv4' ? place.pods.v4 : place.pods.v6
  const isNeeded = config.forwarding === 'always' || (pods.ok && pods.value)
  if (!isNeeded && pods.ok) return []
  const because = 'what is sent through this node, as by its pods, goes nowhere'
  const whole = family === 'ipv4' ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  if (!isNeeded && !pods.ok) return [{ key: whole, expected: '1', because, hasToExist: false, unseen: pods }]
  const named = config.interfaces.length > 0 ? config.interfaces : place.interfaces
  const keys = [whole, ...(config.checkPerInterface ? named.map((name) => confKey(family, name)) : [])]
  return keys.map((key) => ({ key, expected: '1', because, hasToExist: false }))
}

/** Every sysctl that has to be something here; what is named by `expect` goes first. */
export function wantsOf(config: Config, place: Place): readonly Want[] {
  const { hasIPv6 } = place
  const filtered = 'packets over a bridge pass no firewall: Service addresses and policies do not hold between its pods'
  const bridge = ['net.bridge.bridge-nf-call-iptables', ...(hasIPv6 ? ['net.bridge.bridge-nf-call-ip6tables'] : [])]
  const wants: readonly Want[] = [
    ...Object.entries(config.expect).map(([key, expected]) => ({ key, expected, because: '', hasToExist: true })),
    ...(config.checkIPv4 ? forwardingOf('ipv4', config, place) : []),
    ...(config.checkIPv6 && hasIPv6 ? forwardingOf('ipv6', config, place) : []),
    ...(config.checkBridgeNetfilter
      ? bridge.map((key) => ({ key, expected: '1', because: filtered, hasToExist: true }))
      : []),
  ]
  return wants.filter(({ key }, at) => wants.findIndex((other) => other.key === key) === at)
}
