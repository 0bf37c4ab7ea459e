/** Memory by what it is used for. */
import { observe, understood } from '#monitor-kit/source'
import { type MetricId, statOf, type Value } from '../metrics.ts'
import { parseMeminfo } from '../parse/meminfo.ts'
import { type Collector, collected } from './types.ts'

/** Keys of /proc/meminfo, by metric and state. */
const STATES: readonly (readonly [MetricId, key: string, ...state: string[]])[] = [
  ['memory/bytes_used', 'MemFree', 'free'],
  ['memory/bytes_used', 'Buffers', 'buffered'],
  ['memory/bytes_used', 'Cached', 'cached'],
  ['memory/bytes_used', 'Slab', 'slab'],
  ['memory/dirty_used', 'Dirty', 'dirty'],
  ['memory/dirty_used', 'Writeback', 'writeback'],
  ['memory/anonymous_used', 'Active(anon)', 'active'],
  ['memory/anonymous_used', 'Inactive(anon)', 'inactive'],
  ['memory/page_cache_used', 'Active(file)', 'active'],
  ['memory/page_cache_used', 'Inactive(file)', 'inactive'],
  ['memory/unevictable_used', 'Unevictable'],
]

/** What of it has another use than those that have a name; undefined when the kernel does not tell all of them. */
function usedOf(bytes: ReadonlyMap<string, number>): { used: number; total: number } | undefined {
  const [total = Number.NaN, ...others] = ['MemTotal', 'MemFree', 'Buffers', 'Cached', 'Slab'].map((key) =>
    bytes.get(key),
  )
  const used = others.reduce<number>((rest, other = Number.NaN) => rest - other, total)
  // Keys are not read at the same moment: what is freed meanwhile must not make less than nothing of it.
  return Number.isNaN(used) || total === 0 ? undefined : { used: Math.max(0, used), total }
}

/** What /proc/meminfo says. */
export function memoryValues(bytes: ReadonlyMap<string, number>): readonly Value[] {
  const named = STATES.flatMap(([id, key, ...state]) => {
    const amount = bytes.get(key)
    return amount === undefined ? [] : [statOf(id, amount, ...state)]
  })
  const whole = usedOf(bytes)
  if (whole === undefined) return named
  const { used, total } = whole
  return [
    ...named,
    statOf('memory/bytes_used', used, 'used'),
    statOf('memory/percent_used', (used / total) * 100, 'used'),
  ]
}

/** Collects the section "memory". */
export function createMemoryCollector(): Collector {
  const path = '/proc/meminfo'
  return {
    section: 'memory',
    async collect({ host }) {
      const reading = await observe(async () => {
        const text = await host.files.readText(path)
        return understood(path, text, parseMeminfo(text), 'MemTotal:       24731708 kB')
      })
      return collected(reading, memoryValues)
    },
  }
}
