/** Circuit breakers in words for readers. They follow from the state; whether anything is let through the gates alone say. Pure. */

import type { BreakerWord, Remediation } from '#model'
import type { Limits } from '#remedies'
import { countedOf, nodeCounted } from '../state/counted.ts'
import { named } from '../state/named.ts'
import { breakerKey, breakerOf, type SafetyState, strategyOf } from '../state/types.ts'

type Told = Extract<Remediation, { readonly kind: 'breaker' }>

/** A breaker: how many failed in a row, and when it was last tried in vain, in journal time. */
interface Standing {
  readonly failures: number
  readonly triedAtMs: number
}

function wordOf({ failures, triedAtMs }: Standing, limits: Limits, nowMs: number): BreakerWord {
  if (failures < limits.breakerThreshold) return 'closed'
  return nowMs < triedAtMs + limits.breakerTimeoutMs ? 'open' : 'half-open'
}

/** Every breaker that is not closed, by a key of its own. */
export function breakersOf(
  { ledgers: { act } }: SafetyState,
  limits: Limits,
  nowMs: number,
): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>()
  const add = (key: string, standing: Standing, of: Told['of']) => {
    const state = wordOf(standing, limits, nowMs)
    if (state === 'closed') return
    const leftMs = standing.triedAtMs + limits.breakerTimeoutMs - nowMs
    told.set(key, {
      kind: 'breaker',
      state,
      failures: standing.failures,
      ...(of !== undefined && { of }),
      ...(leftMs > 0 && { forMs: leftMs }),
    })
  }
  const { count, lastAtMs } = nodeCounted(act)
  add('', { failures: count, triedAtMs: lastAtMs }, undefined)
  for (const [fingerprint, { acts }] of Object.entries(act.problems)) {
    for (const key of Object.keys(acts)) {
      const counted = countedOf(act, fingerprint, key, { nowMs, breakerTimeoutMs: limits.breakerTimeoutMs })
      add(`${fingerprint} ${key}`, counted, { fingerprint, strategy: strategyOf(key) })
    }
  }
  return told
}

/** Of those that one word is told of the worst. */
function byKey(now: Iterable<Told>): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>()
  for (const each of now) {
    const key = breakerKey(each.of)
    if (told.get(key)?.state !== 'open') told.set(key, each)
  }
  return told
}

/** What is to be told where readers were told `before`, whoever was away since, and breakers are so now. */
export function breakersToTell(before: SafetyState['breakers'], now: ReadonlyMap<string, Told>): readonly Told[] {
  const after = byKey(now.values())
  const changed = [...after].filter(([key, { state }]) => named(before, key) !== state).map(([, told]) => told)
  const closed = Object.keys(before)
    .filter((key) => !after.has(key))
    .map((key): Told => {
      const of = breakerOf(key)
      return { kind: 'breaker', state: 'closed', failures: 0, ...(of !== undefined && { of }) }
    })
  return [...changed, ...closed]
}
