/** A run that may last longer than its interval would be given up by the next one. */
import { renderDuration } from '../duration.ts'
import type { MonitorEntry, PluginEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { type Placed, spotOf, writtenName } from './spot.ts'

const KEYS = ['timeout', 'interval'] as const

export function checkTimes(list: readonly Placed<MonitorEntry | PluginEntry>[], run: Run): void {
  for (const { entry, spot, node } of list) {
    const timeoutKey = writtenName(node, 'timeout', 'grpcTimeout')
    const intervalKey = writtenName(node, 'interval', 'invoke_interval', 'invokeInterval')
    // What is wrong with a value is told by the key's own name, under whichever it is written.
    if (entry.timeoutMs < entry.intervalMs || KEYS.some((key) => run.hasFault(`${spot.path}.${key}`))) continue
    const [timeout, interval] = [renderDuration(entry.timeoutMs), renderDuration(entry.intervalMs)]
    if (timeoutKey !== undefined) {
      const text = `"${timeout}" is not shorter than the interval (${interval}); expected less than that`
      run.fault(spotOf(spot, node, timeoutKey), text)
    } else {
      const text = `"${interval}" is not longer than the timeout, which is ${timeout} by default; expected more than that, or a shorter timeout`
      run.fault(spotOf(spot, node, intervalKey ?? 'interval'), text)
    }
  }
}
