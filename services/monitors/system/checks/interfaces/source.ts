/** Counters of the network interfaces. */

import { type Host, HostReadError } from '#host'
import { complete, count, understood } from '#monitor-kit/source'

/** Bytes since the interface came up. */
export interface InterfaceCounters {
  readonly receivedBytes: number
  readonly sentBytes: number
}

export type InterfacesReading = ReadonlyMap<string, InterfaceCounters>

/** /proc/net/dev; undefined when it makes no sense. */
export function parseNetDev(text: string): ReadonlyMap<string, InterfaceCounters> | undefined {
  if (!text.startsWith('Inter-|')) return undefined
  const interfaces = new Map<string, InterfaceCounters>()
  for (const line of text.split('\n').slice(2)) {
    const match = /^ *([^\s:]{1,15}): *(\d[\d ]*)$/.exec(line)
    const counters = complete(match?.[2]?.trim().split(/ +/).map(count) ?? [undefined])
    if (match?.[1] === undefined || counters === undefined || counters.length < 9) continue
    interfaces.set(match[1], { receivedBytes: counters[0]!, sentBytes: counters[8]! })
  }
  return interfaces
}

/**
 * PID 1's view is that of the host's network, also from a container that has one of its own. Reading it takes rights
 * over that process; without them, and without a host prefix, our own view is the next best.
 */
async function readNetDev(host: Host): Promise<string> {
  if (host.root !== '') {
    try {
      return await host.files.readText('/proc/1/net/dev')
    } catch (error) {
      if (!(error instanceof HostReadError)) throw error
    }
  }
  return host.files.readText('/proc/net/dev')
}

export interface InterfacesSource {
  /**
   * @param named the interfaces to read; [] for all that are hardware
   * @throws HostReadError, MalformedSourceError
   */
  read(named: readonly string[]): Promise<InterfacesReading>
}

export function createInterfacesSource(host: Host): InterfacesSource {
  const hardware = new Map<string, boolean>()

  /** Bridges, tunnels and the ends of pods have no device; there may be hundreds of them. */
  async function isHardware(name: string): Promise<boolean> {
    const known = hardware.get(name)
    if (known !== undefined) return known
    const found = await host.files.exists(`/sys/class/net/${name}/device`)
    hardware.set(name, found)
    return found
  }

  return {
    async read(named) {
      const text = await readNetDev(host)
      const all = understood('/proc/net/dev', text, parseNetDev(text), 'Inter-|   Receive')
      for (const name of hardware.keys()) if (!all.has(name)) hardware.delete(name)
      const chosen = new Map<string, InterfaceCounters>()
      for (const [name, counters] of all) {
        if (named.length > 0 ? named.includes(name) : await isHardware(name)) chosen.set(name, counters)
      }
      return chosen
    },
  }
}
