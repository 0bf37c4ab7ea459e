/** What every process tells of itself, under names that promtool has nothing to say about. */
import { getHeapStatistics } from 'node:v8'
import type { Metrics } from './metrics.ts'

/** Undefined where the process may open no file any more: /proc is read for it. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss()
  } catch {
    return undefined
  }
}

/** Where several services share a process, each tells the whole of it. */
export function addProcessMetrics({ gauge, total }: Metrics): void {
  total('process_cpu_seconds_total', 'CPU time of the process of a service since its start.', [], ({ set }) => {
    const { user, system } = process.cpuUsage()
    set({}, (user + system) / 1e6)
  })
  gauge('process_resident_memory_bytes', 'Resident memory of the process of a service.', [], ({ set }) => {
    const bytes = residentBytes()
    if (bytes !== undefined) set({}, bytes)
  })
  gauge('process_heap_size_bytes', 'Size of the heap of the process of a service.', [], ({ set }) =>
    set({}, getHeapStatistics().total_heap_size),
  )
  gauge('process_heap_used_bytes', 'What of its heap the process of a service uses.', [], ({ set }) =>
    set({}, getHeapStatistics().used_heap_size),
  )
  gauge('process_start_time_seconds', 'Start of the process of a service, Unix time.', [], ({ set }) =>
    set({}, Math.floor(Date.now() / 1000 - process.uptime())),
  )
}

const NAMES: ReadonlySet<string> = new Set([
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'process_heap_size_bytes',
  'process_heap_used_bytes',
  'process_start_time_seconds',
])

/** Whether a metric speaks of the process that tells it: it is labelled by its service, and for scrapers alone. */
export function isProcessMetric(name: string): boolean {
  return NAMES.has(name)
}
