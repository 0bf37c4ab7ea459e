/** /proc/net/dev. Pure. */
import { complete, count } from '#monitor-kit/source'

/** Columns of the file, received and sent, by the end of their metrics' IDs. */
export const COLUMNS = [
  ...['rx_bytes', 'rx_packets', 'rx_errors', 'rx_dropped', 'rx_fifo', 'rx_frame', 'rx_compressed', 'rx_multicast'],
  ...['tx_bytes', 'tx_packets', 'tx_errors', 'tx_dropped', 'tx_fifo', 'tx_collisions', 'tx_carrier', 'tx_compressed'],
] as const

/** Counters of each interface, as the columns are; lines that make no sense are left out. Undefined when none makes any. */
export function parseNetDev(text: string): ReadonlyMap<string, readonly number[]> | undefined {
  if (!text.startsWith('Inter-|')) return undefined
  const interfaces = new Map<string, readonly number[]>()
  const lines = text.split('\n').slice(2)
  for (const line of lines) {
    // The name of an alias has a colon of its own ("eth0:1").
    const match = /^ *(\S{1,64}): *(\d[\d ]*)$/.exec(line)
    const counters = complete(match?.[2]?.trim().split(/ +/).map(count) ?? [undefined])
    if (match?.[1] === undefined || counters === undefined || counters.length < COLUMNS.length) continue
    interfaces.set(match[1], counters.slice(0, COLUMNS.length))
  }
  return interfaces.size === 0 && lines.some((line) => line.trim() !== '') ? undefined : interfaces
}
