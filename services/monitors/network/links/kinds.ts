/** Which interfaces are the machine's own, and not made for pods. */
import type { Host } from '#host'
import { count } from '#monitor-kit/source'
import { readLocked } from './locked.ts'

/** Where the kernel tells of interfaces. */
export const LINKS = '/sys/class/net'

/**
 * `hardware` has a device below it; `bond` joins some of them; `wireless` comes and goes; `child` is a part of a device that stands
 * for a pod or a virtual machine (a virtual function, its representor), or half of another link; `made` has no device: the ends of pods, bridges, tunnels, lo.
 */
export type LinkKind = 'hardware' | 'bond' | 'wireless' | 'child' | 'made'

/** Names of virtual functions' and subfunctions' representors (Linux, devlink ports): "pf0vf3", "c1pf0sf12". */
const REPRESENTOR = /^(c\d+)?pf\d+(vf|sf)\d+$/

/** Names of interfaces are at most 15 bytes, with no slash and no white space. */
const NAME = /^[^\s/]{1,15}$/

/** What tells the kinds of interfaces apart; what it found of one it knows until that is gone. */
export interface LinkKinds {
  /** All interfaces by name, each with its kind. @throws HostReadError where they cannot be listed, or do not answer */
  list(): Promise<ReadonlyMap<string, LinkKind>>
}

/** Names in the folder of interfaces: `bonding_masters` is a file that stands there too. */
export async function linkNames(host: Host): Promise<readonly string[]> {
  return (await host.files.list(LINKS)).filter((name) => NAME.test(name) && name !== 'bonding_masters')
}

interface Known {
  readonly index: string
  readonly kind: LinkKind
}

/** As LinkKinds; there may be hundreds of interfaces, each of which is looked at once. */
export function createLinkKinds(host: Host): LinkKinds {
  const known = new Map<string, Known>()

  async function kindOf(name: string): Promise<LinkKind> {
    const has = (what: string) => host.files.exists(`${LINKS}/${name}/${what}`)
    if (await has('bonding')) return 'bond'
    if (!(await has('device'))) return 'made'
    const [port] = await readLocked(host, [`${LINKS}/${name}/phys_port_name`])
    if ((port !== undefined && REPRESENTOR.test(port)) || (await has('device/physfn'))) return 'child'
    // Clouds take the quick half of a link away for a while (netvsc and its virtual function); the whole link stays.
    if (await has('master/device')) return 'child'
    return (await has('wireless')) || (await has('phy80211')) ? 'wireless' : 'hardware'
  }

  return {
    async list() {
      const names = await linkNames(host)
      const there = new Set(names)
      for (const name of known.keys()) if (!there.has(name)) known.delete(name)
      // Each has a number of its own, and another one when it was made anew under its name. Hundreds that are made for pods are not asked.
      // One without a number was on its way out.
      const isSettled = ({ kind, index }: Known) => kind === 'made' && index !== ''
      const asked = names.filter((name) => !known.has(name) || !isSettled(known.get(name)!))
      const indexes = await host.files.readEach(asked.map((name) => `${LINKS}/${name}/ifindex`))
      for (const [at, name] of asked.entries()) {
        const index = indexes[at]?.trim() ?? ''
        if (index === '' || known.get(name)?.index !== index) known.set(name, { index, kind: await kindOf(name) })
      }
      return new Map(Array.from(known, ([name, { kind }]) => [name, kind]))
    },
  }
}

/** The names of a list that are watched: those that are named, else every one of the hardware and the bonds, but not the ignored ones. */
export function watchedOf(
  kinds: ReadonlyMap<string, LinkKind>,
  named: readonly string[],
  ignored: readonly string[],
): readonly string[] {
  const own = [...kinds].filter(([, kind]) => kind === 'hardware' || kind === 'bond').map(([name]) => name)
  return (named.length > 0 ? named.filter((name) => kinds.has(name)) : own).filter((name) => !ignored.includes(name))
}

/** ARPHRD_ETHER (include/uapi/linux/if_arp.h): tunnels, which name what they are bound to as their other end, are none. */
const ETHERNET = 1

/** Whether an interface is the node's end of a pod's: the other end is in another network (iflink), and no link of ours is below it. */
export async function isPodLink(host: Host, name: string): Promise<boolean> {
  const folder = `${LINKS}/${name}`
  const files = ['ifindex', 'iflink', 'type'].map((file) => `${folder}/${file}`)
  const [index, peer, type = ETHERNET] = (await host.files.readEach(files)).map((text) => count(text?.trim()))
  if (index === undefined || peer === undefined || index === peer || peer === 0 || type !== ETHERNET) return false
  return !(await host.files.list(folder)).some((entry) => entry.startsWith('lower_'))
}
