/**
 * What stands beside what. A critical problem that has stood for long, and beside which a check was well all the while, does not explain
 * that the check finds something now: a route of IPv6 that is gone until the next reboot would hide for as long whatever comes after it.
 */
import { CLEARED } from './merge.ts'
import { shadeOf } from './shadow.ts'
import type { SourceCondition } from './types.ts'

/** Consequences come later than their cause: the kubelet is slow minutes after its container runtime hangs, and is looked at every 20. */
export const WELL_BESIDE_MS = 30 * 60_000

/** Since when a source may explain what others find: it is critical, or may become so. Undefined: it does not. */
export function explainsSince(source: SourceCondition): Date | undefined {
  const shade = shadeOf(source)
  if (shade !== 'critical' && shade !== 'pending') return undefined
  // Of a life before only this is known.
  return source.explainsSince ?? (shade === 'pending' ? source.observed : source.since)
}

/** When a look last found a source well; undefined: none is known. A person's word is none. */
export function lastWell({ observation, observed, settled, wellAt }: SourceCondition): Date | undefined {
  const { health, pending, reason } = observation
  if (health === 'healthy' && pending !== true && reason !== CLEARED) return observed
  return wellAt ?? (settled?.health === 'healthy' ? settled.observed : undefined)
}

/** What is remembered of that with a new word. */
export function besideOf(
  before: SourceCondition | undefined,
  now: SourceCondition,
): Pick<SourceCondition, 'explainsSince' | 'wellAt'> {
  const shade = shadeOf(now)
  const explains = shade === 'critical' || shade === 'pending'
  return {
    explainsSince: explains ? ((before && explainsSince(before)) ?? now.observed) : undefined,
    wellAt: lastWell(now) ?? (before && lastWell(before)),
  }
}
