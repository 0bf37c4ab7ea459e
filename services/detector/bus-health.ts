/** What the detector says of its bus: whether it takes all, and what it refuses. Pure; time is an argument. */
import type { Observation } from '#model'
import type { OutboxStatus } from './outbox/outbox.ts'

/** A bus that takes nothing, or refuses something, for this long is a problem of its own. */
const BUS_DEGRADED_MS = 10_000
/** New refusals are told together, at most this often. */
const TELL_EVERY_MS = 10_000
/** How many of those refused a text names. */
const NAMED = 3

type Said = 'BusTakesAll' | 'BusTakesNothing' | 'BusRefusesValues'

export interface BusHealth {
  /** The condition, when it is another than was said last. */
  judge(status: OutboxStatus, reason: string, nowMs: number): Observation | undefined
  /** What to tell of values that were refused since the last call that told something. */
  refusals(status: OutboxStatus, nowMs: number): string | undefined
}

function named({ refused }: OutboxStatus): string {
  const first = refused.slice(0, NAMED).map(({ what, text }) => `${what} (${text})`)
  const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : ''
  return first.join(', ') + more
}

export function createBusHealth(): BusHealth {
  let said: Said | undefined
  let refusedSinceMs: number | undefined
  let toldTotal = 0
  let toldMs = Number.NEGATIVE_INFINITY

  function wordsOf(word: Said, status: OutboxStatus, reason: string): Pick<Observation, 'message' | 'summary'> {
    if (word === 'BusTakesNothing')
      return { message: `${status.queued} changes wait: ${reason}`, summary: 'the bus takes nothing' }
    if (word === 'BusRefusesValues') {
      const { length } = status.refused
      return {
        message: `the bus refuses ${length} ${length === 1 ? 'value' : 'values'}: ${named(status)}`,
        summary: 'the bus refuses some values',
      }
    }
    return { message: 'the bus takes what the detector says', summary: '' }
  }

  return {
    judge(status, reason, nowMs) {
      refusedSinceMs = status.refused.length === 0 ? undefined : (refusedSinceMs ?? nowMs)
      const lasts = (sinceMs: number | undefined) => sinceMs !== undefined && nowMs - sinceMs > BUS_DEGRADED_MS
      const word: Said = lasts(status.stuckSinceMs)
        ? 'BusTakesNothing'
        : lasts(refusedSinceMs)
          ? 'BusRefusesValues'
          : 'BusTakesAll'
      if (word === said) return undefined
      said = word
      const isWell = word === 'BusTakesAll'
      return {
        type: 'BusDegraded',
        entity: '',
        health: isWell ? 'healthy' : 'problem',
        severity: isWell ? 'info' : 'error',
        reason: word,
        ...wordsOf(word, status, reason),
        evidence: undefined,
        check: 'bus',
      }
    },
    refusals(status, nowMs) {
      const fresh = status.refusedTotal - toldTotal
      if (fresh === 0 || nowMs - toldMs < TELL_EVERY_MS) return undefined
      toldTotal = status.refusedTotal
      toldMs = nowMs
      const what = status.refused.length === 0 ? 'facts that no message can hold' : named(status)
      return `the bus refused ${fresh} ${fresh === 1 ? 'value' : 'values'}: ${what}; each is tried again by itself`
    },
  }
}
