/** Circuit breakers in words for readers. They follow from the state; whether anything is let through the gates alone say. Pure. */

import type { BreakerWord, Remediation } from '#model'
import type { Limits } from '#remedies'
import { type SafetyState, strategyOf } from '../state/types.ts'

type Told = Extract<Remediation, { readonly kind: 'breaker' }>

/** A breaker: how many failed in a row, and when the last did, in journal time. */
interface Counted {
  readonly failures: number
  readonly failedAtMs: number
}

function wordOf({ failures, failedAtMs }: Counted, limits: Limits, nowMs: number): BreakerWord {
  if (failures < limits.breakerThreshold) return 'closed'
  return nowMs < failedAtMs + limits.breakerTimeoutMs ? 'open' : 'half-open'
}

/** Every breaker that is not closed, by a key of its own. */
export function breakersOf(
  { ledgers: { act } }: SafetyState,
  limits: Limits,
  nowMs: number,
): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>()
  const add = (key: string, counted: Counted, of: Told['of']) => {
    const state = wordOf(counted, limits, nowMs)
    if (state === 'closed') return
    const leftMs = counted.failedAtMs + limits.breakerTimeoutMs - nowMs
    told.set(key, {
      kind: 'breaker',
      state,
      failures: counted.failures,
      ...(of !== undefined && { of }),
      ...(leftMs > 0 && { forMs: leftMs }),
    })
  }
  add('', { failures: act.failures.count, failedAtMs: act.failures.lastAtMs }, undefined)
  for (const [fingerprint, { acts }] of Object.entries(act.problems)) {
    for (const [key, counted] of Object.entries(acts)) {
      add(`${fingerprint} ${key}`, counted, { fingerprint, strategy: strategyOf(key) })
    }
  }
  return told
}

/** What is to be told where breakers were so before and are so now. */
export function breakersChanged(before: ReadonlyMap<string, Told>, after: ReadonlyMap<string, Told>): readonly Told[] {
  const changed = [...after].filter(([key, { state }]) => before.get(key)?.state !== state).map(([, told]) => told)
  const closed = [...before]
    .filter(([key]) => !after.has(key))
    .map(([, { of }]): Told => ({ kind: 'breaker', state: 'closed', failures: 0, ...(of !== undefined && { of }) }))
  return [...changed, ...closed]
}
