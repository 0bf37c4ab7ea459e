/** /proc/stat and /proc/loadavg. Pure. */
import { complete, count, decimal, fields } from '#monitor-kit/source'

/** Clock ticks in a second, on every processor that Linux runs on (USER_HZ). */
export const TICKS = 100

/** In the order of /proc/stat (proc_stat(5)); what an older kernel does not count is 0. */
const KINDS = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal', 'guest', 'guestNice'] as const
/** Clock ticks since boot, by kind. */
export type Ticks = Readonly<Record<(typeof KINDS)[number], number>>

/** What the kernel counts since boot. */
export interface KernelStat {
  readonly total: Ticks
  /** By number: "0". */
  readonly processors: ReadonlyMap<string, Ticks>
  /** Undefined: it does not say. */
  readonly interrupts: number | undefined
  readonly forks: number | undefined
  readonly running: number | undefined
  readonly blocked: number | undefined
}

function ticksOf(numbers: readonly string[]): Ticks | undefined {
  const ticks = complete(numbers.slice(0, KINDS.length).map(count))
  if (ticks === undefined || ticks.length < 4) return undefined
  return Object.fromEntries(KINDS.map((kind, index) => [kind, ticks[index] ?? 0])) as unknown as Ticks
}

/** Undefined when it makes no sense. A processor that is offline has no line. */
export function parseStat(text: string): KernelStat | undefined {
  const processors = new Map<string, Ticks>()
  const single = new Map<string, number>()
  let total: Ticks | undefined
  for (const line of text.split('\n')) {
    const [key = '', ...rest] = fields(line)
    const ticks = /^cpu\d{0,6}$/.test(key) ? ticksOf(rest) : undefined
    const first = count(rest[0])
    if (ticks !== undefined && key === 'cpu') total = ticks
    else if (ticks !== undefined) processors.set(key.slice(3), ticks)
    else if (first !== undefined) single.set(key, first)
  }
  if (total === undefined) return undefined
  return {
    total,
    processors,
    interrupts: single.get('intr'),
    forks: single.get('processes'),
    running: single.get('procs_running'),
    blocked: single.get('procs_blocked'),
  }
}

/** Averages over 1, 5 and 15 minutes; undefined when it makes no sense. */
export function parseLoads(text: string): readonly [number, number, number] | undefined {
  const parts = fields(text.trimEnd())
  const [one, five, fifteen] = parts.map(decimal)
  if (parts.length < 4 || one === undefined || five === undefined || fifteen === undefined) return undefined
  return [one, five, fifteen]
}
