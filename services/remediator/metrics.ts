/**
 * What the remediator counts, in its own registry. Told on the bus as samples of "remediator", and so part of the http-exporter's /metrics:
 * this process listens at no port. What is counted of repairs the http-exporter counts from their records.
 */
import type { Metrics } from '#service'

/** Where readings are taken from. */
export interface Readings {
  /** What waits to be told on the bus. */
  readonly isWaiting: () => boolean
  readonly refused: () => number
  readonly isJournalWell: () => boolean
  readonly isPaused: () => boolean
  /** Breakers that are not closed. */
  readonly openBreakers: () => number
  readonly isRunning: () => boolean
  /** Whoever carries acts out in a process of its own, by name: whether it answered when it was asked last. */
  readonly runnersUp: () => ReadonlyMap<string, boolean>
}

/** Counters of this service, which read nothing before `read`. */
export interface RemediatorMetrics {
  undecodable(): void
  read(readings: Readings): void
}

/** Adds them to the registry. */
export function createRemediatorMetrics(metrics: Metrics): RemediatorMetrics {
  let readings: Readings | undefined
  const undecodable = metrics.counter('remediator_undecodable_total', 'Values of the bus that could not be decoded.')
  const flag = (name: string, help: string, read: (from: Readings) => boolean) =>
    metrics.gauge(name, help, [], ({ set }) => {
      if (readings !== undefined) set({}, read(readings) ? 1 : 0)
    })
  flag(
    'remediator_journal_well',
    '1 while the journal can be read and written; nothing is repaired while it is 0.',
    (r) => r.isJournalWell(),
  )
  flag('remediator_paused', '1 while a person has paused repairs.', (r) => r.isPaused())
  flag('remediator_running', '1 while an act runs.', (r) => r.isRunning())
  flag('remediator_untold', '1 while there are records that the bus does not have.', (r) => r.isWaiting())
  metrics.gauge('remediator_breakers_open', 'Circuit breakers that are not closed.', [], ({ set }) => {
    if (readings !== undefined) set({}, readings.openBreakers())
  })
  const upHelp = 'Whether who carries acts out (host-actions, a plug-in of remediation.actions) answers.'
  metrics.gauge('remediator_runner_up', upHelp, ['runner'], ({ set }) => {
    for (const [runner, isUp] of readings?.runnersUp() ?? []) set({ runner }, isUp ? 1 : 0)
  })
  return {
    undecodable: () => undecodable.add({}),
    read(from) {
      readings = from
    },
  }
}
