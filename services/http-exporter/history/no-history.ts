/** In the place of a history that is switched off. */
import type { Clock } from '#service'
import type { History } from './history.ts'
import { RANGES } from './ranges.ts'

export function openNoHistory(clock: Clock): History {
  const nothing = () => undefined
  const done = () => Promise.resolve()
  return {
    conditions: nothing,
    condition: nothing,
    conditionGone: nothing,
    problem: nothing,
    event: nothing,
    repair: nothing,
    seen: nothing,
    sample: nothing,
    async query(range) {
      const to = clock.now()
      return {
        from: new Date(to.getTime() - RANGES[range].spanMs).toISOString(),
        to: to.toISOString(),
        knownFrom: to.toISOString(),
        note: 'No history is kept: exporters.http.history.enabled is false.',
        lanes: [],
        gaps: [],
        series: [],
      }
    },
    recentEvents: () => [],
    stats: () => ({ onDisk: false, bytes: 0, dropped: 0 }),
    flush: done,
    turn: done,
    run: done,
    close: done,
  }
}
