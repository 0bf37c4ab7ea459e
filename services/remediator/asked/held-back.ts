/** How repairs are held back as a whole: breakers that are not closed, budgets, a pause. Pure. */

import type { BreakersResponse, Budget } from '#proto/nodedoctor/v1/remediation.ts'
import type { Limits } from '#remedies'
import { toProtoBreaker } from '#wire/remediation-parts'
import { breakersOf } from '../desk/breakers.ts'
import type { SafetyState } from '../state/types.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

interface Window {
  readonly name: string
  readonly starts: readonly number[]
  readonly limit: number
  readonly windowMs: number
}

function budgetOf({ name, starts, limit, windowMs }: Window, nowMs: number): Budget {
  const within = starts.filter((atMs) => nowMs - atMs < windowMs)
  const [first] = limit > 0 && within.length >= limit ? within.slice(-limit) : []
  const forMs = first === undefined ? undefined : Math.round(first + windowMs - nowMs)
  return { name, used: within.length, limit, windowMs, forMs }
}

/** The pause that stands, and for how long yet. @param nowMs journal time */
export function pausedOf({ paused }: SafetyState, nowMs: number): BreakersResponse['paused'] {
  if (paused === undefined) return undefined
  const { by, why, untilMs } = paused
  if (untilMs !== undefined && untilMs <= nowMs) return undefined
  return { by, why, forMs: untilMs === undefined ? undefined : Math.round(untilMs - nowMs) }
}

/** @param nowMs journal time */
export function heldBackOf(
  state: SafetyState,
  limits: Limits,
  nowMs: number,
): Pick<BreakersResponse, 'breakers' | 'budgets' | 'paused'> {
  const { starts, reboots } = state.ledgers.act
  const { perMinute, perHour, rebootsPerDay } = limits
  const windows: readonly Window[] = [
    { name: 'minute', starts, limit: perMinute, windowMs: MINUTE_MS },
    { name: 'hour', starts, limit: perHour, windowMs: HOUR_MS },
    { name: 'reboots', starts: reboots, limit: rebootsPerDay, windowMs: DAY_MS },
  ]
  return {
    breakers: [...breakersOf(state, limits, nowMs).values()].map(({ of, state: word, failures, forMs }) => ({
      fingerprint: of?.fingerprint ?? '',
      strategy: of?.strategy ?? '',
      state: toProtoBreaker(word),
      failures,
      forMs: forMs === undefined ? undefined : Math.round(forMs),
    })),
    budgets: windows.map((window) => budgetOf(window, nowMs)),
    paused: pausedOf(state, nowMs),
  }
}
