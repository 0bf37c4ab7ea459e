/** /proc/meminfo. Pure. */
import { count } from '#monitor-kit/source'

/** Bytes by key; a number without a unit is no amount and left out. Undefined when nothing is. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> | undefined {
  const amounts = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z][\w()]{0,63}): +(\d+) kB$/.exec(line)
    const kib = count(match?.[2])
    if (match?.[1] !== undefined && kib !== undefined) amounts.set(match[1], kib * 1024)
  }
  return amounts.size === 0 ? undefined : amounts
}
