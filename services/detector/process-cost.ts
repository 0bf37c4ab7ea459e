/** What processes cost that have no way to the bus to tell it themselves, as the kernel counts it: the bus server, `node-doctor up`. */
import type { Files } from '#host'
import type { MetricSample } from '#model'

/** In the unit of /proc/<pid>/stat, on every architecture (USER_HZ). */
const TICKS_PER_SECOND = 100
/** Of proc(5): user and system time, counted from behind the name. */
const UTIME = 11
const STIME = 12

/** From /proc/<pid>/stat and /proc/<pid>/status; what cannot be read of them is left out. */
export function costsOf(service: string, stat: string, status: string): MetricSample[] {
  const labels = { service }
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
  const ticks = Number(fields[UTIME] ?? Number.NaN) + Number(fields[STIME] ?? Number.NaN)
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN)
  return [
    { name: 'process_cpu_seconds_total', labels, value: ticks / TICKS_PER_SECOND },
    { name: 'process_resident_memory_bytes', labels, value: kib * 1024 },
  ].filter(({ value }) => Number.isFinite(value))
}

/** Nothing where there is no such process (any more). @param files this container's own */
export async function readProcessCost(
  files: Pick<Files, 'readEach'>,
  service: string,
  pid: number | undefined,
): Promise<MetricSample[]> {
  if (pid === undefined) return []
  const [stat = '', status = ''] = await files.readEach([`/proc/${pid}/stat`, `/proc/${pid}/status`])
  return costsOf(service, stat, status)
}
