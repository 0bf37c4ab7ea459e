/** Which conditions differ from what an exporter was told, and what of them goes into one call. Pure. */
import type { Condition } from '#proto/npd/external/v1/external_monitor.ts'
import { type Content, contextOf } from '../content.ts'
import type { Wished } from './conditions.ts'

/** Of one call. Words of a condition have 32 KiB at most; servers take 4 MiB by default. */
export const CONDITIONS_MAX = 64
/** Where only the words differ (a number that goes up and down) they are told this often. */
export const WORDS_EVERY_MS = 60_000

/** As it was told, and when, on the monotonic clock. */
export interface Told {
  readonly wished: Wished
  readonly atMs: number
}

function differs(one: Wished, before: Told | undefined, nowMs: number): boolean {
  if (before === undefined) return true
  const { status, reason, transition, message } = before.wished
  if (one.status !== status || one.reason !== reason || one.transition.getTime() !== transition.getTime()) return true
  return one.message !== message && nowMs - before.atMs >= WORDS_EVERY_MS
}

/** The next of what differs, of one source, in the order of types; empty where nothing does. */
export function nextBatch(
  wished: ReadonlyMap<string, Wished>,
  told: ReadonlyMap<string, Told>,
  nowMs: number,
): readonly Wished[] {
  const different = [...wished.values()].filter((one) => differs(one, told.get(one.type), nowMs))
  const [first] = different
  return different
    .filter(({ source }) => source === first?.source)
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
    .slice(0, CONDITIONS_MAX)
}

function conditionOf({ type, status, reason, message, transition }: Wished): Condition {
  return { type, status, reason, message, transition }
}

/** Facts of each condition stand under their name and its type: "severity.DiskFull". */
export function batchContent(batch: readonly Wished[], key: string): Content {
  const source = batch[0]?.source ?? ''
  const facts = batch.flatMap(({ type, facts: own }) =>
    Object.entries(own).map(([name, value]) => [`${name}.${type}`, value] as const),
  )
  return {
    key,
    status: { source, events: [], conditions: batch.map(conditionOf) },
    context: contextOf({ kind: 'conditions', monitor: source, ...Object.fromEntries(facts) }),
  }
}
