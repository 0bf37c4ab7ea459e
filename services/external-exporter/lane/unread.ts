/** What of the bus cannot be read for an exporter: it serves then, and hears nothing, which is as bad as one that takes nothing. */
import { BusReaderUnknownError, type OnReadability } from '#bus'
import type { Clock, Logger } from '#service'
import type { LaneState } from './lane.ts'

export interface Unread {
  /** Who is told whether a stream can be read. */
  of(stream: string): OnReadability
  /** How an exporter does, with this. */
  with(state: LaneState): LaneState
}

const UNKNOWN = 'the detector was started before it knew this exporter; restart it'

function whyOf(stream: string, why: Error): string {
  return why instanceof BusReaderUnknownError ? UNKNOWN : `nothing of ${stream} can be read: ${why.message}`
}

export interface UnreadOptions {
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
}

/** Says once that something cannot be read, and once that all of it can be again. */
export function createUnread({ name, clock, log }: UnreadOptions): Unread {
  const streams = new Map<string, string>()
  let sinceMs = 0

  function began(stream: string, err: Error): void {
    sinceMs = clock.monotonicMs()
    const fields = { exporter: name, stream, err }
    if (err instanceof BusReaderUnknownError)
      log.warn(`external exporter hears nothing of events and problems: ${UNKNOWN}`, fields)
    else log.warn('external exporter hears nothing of a stream that cannot be read', fields)
  }

  function ended(): void {
    const afterMs = Math.round(clock.monotonicMs() - sinceMs)
    log.info('external exporter hears of events and problems again', { exporter: name, afterMs })
  }

  return {
    of: (stream) => (why) => {
      if (why === undefined) {
        if (streams.delete(stream) && streams.size === 0) ended()
        return
      }
      if (streams.size === 0) began(stream, why)
      streams.set(stream, whyOf(stream, why))
    },
    with(state) {
      const [why] = streams.values()
      if (why === undefined) return state
      return {
        ...state,
        doing: state.doing === 'serving' ? 'failing' : state.doing,
        waitingMs: Math.max(state.waitingMs, clock.monotonicMs() - sinceMs),
        lastError: state.lastError === '' ? why : state.lastError,
      }
    },
  }
}
