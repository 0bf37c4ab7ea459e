/** Whether the kernel ignores router advertisements, and whether a route or an address is gone for that. */
import type { Host } from '#host'
import { readConf } from './source.ts'

/**
 * Those of the links on which the kernel ignores router advertisements although it was left to take them: with forwarding 1 is not enough
 * (Documentation/networking/ip-sysctl.rst, accept_ra). Where it is 0 somebody else may take them (systemd-networkd and NetworkManager set it so).
 */
export async function linksIgnoring(host: Host, names: readonly string[]): Promise<readonly string[]> {
  const [accept, forwarding] = await Promise.all([
    readConf(host, names, 'accept_ra'),
    readConf(host, names, 'forwarding'),
  ])
  return names.filter((name) => accept.get(name) === 1 && (forwarding.get(name) ?? 0) > 0)
}

/** What to do about something that may have come by router advertisements, and is gone. Pure. */
export interface Advice {
  /** It was there while they were taken, and they are ignored now: that is why. */
  readonly areIgnored: boolean
  readonly text: string
}

/**
 * A node that forwards, its routes static, is left at accept_ra 1 as a rule: what was there although advertisements were ignored did not come
 * by them, and is not gone for that. Pure.
 * @param ignoring links on which they are ignored now
 * @param heard links on which they were not when it was last there
 * @param usual what to do in any other case
 */
export function adviceOf(ignoring: readonly string[], heard: readonly string[], usual: string): Advice {
  const guilty = ignoring.find((name) => heard.includes(name))
  const name = guilty ?? ignoring[0]
  if (name === undefined) return { areIgnored: false, text: usual }
  const key = `net.ipv6.conf.${name.replaceAll('.', '/')}.accept_ra`
  const why = `${key} is 1 and forwarding is on, so router advertisements are ignored: where it came by them, set that to 2`
  return guilty === undefined ? { areIgnored: false, text: `${usual}; ${why}` } : { areIgnored: true, text: why }
}
