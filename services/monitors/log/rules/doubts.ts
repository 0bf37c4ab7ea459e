/** Rules of which it is not known whether something is raised by them: what an earlier life kept of that cannot be read. Pure. */
import type { Rule } from './types.ts'

/** What is in doubt, and what ends that: only what proves how it is. */
export interface Doubts {
  /** Ids of rules. */
  readonly all: readonly string[]
  /** Whether a condition of this type may be raised. @param but by another rule than this one */
  of(type: string, but?: Rule): boolean
  /** @param since on the monotonic clock: from then on it is known what the log says */
  begin(ids: readonly string[], sinceMonoMs: number): void
  /** It is raised, and so known, where the rule is about one thing alone. */
  raised(rule: Rule): void
  /** A line says that it is over. @param entity undefined: of all */
  cleared(rule: Rule, entity: string | undefined): void
  /** All that was written until then is known. */
  passed(nowMonoMs: number): void
  /** Something of the log is gone. */
  lost(nowMonoMs: number): void
  /** A person's word. */
  said(type: string, entity: string): void
}

export function createDoubts(rules: readonly Rule[]): Doubts {
  const byId = new Map(rules.filter(({ condition }) => condition !== undefined).map((rule) => [rule.id, rule]))
  const doubted = new Set<Rule>()
  let sinceMs = 0
  const isOfOne = ({ entity }: Rule) => entity.names.length === 0

  function drop(isOver: (rule: Rule) => boolean): void {
    for (const rule of [...doubted]) if (isOver(rule)) doubted.delete(rule)
  }

  return {
    get all() {
      return [...doubted].map(({ id }) => id)
    },
    of: (type, but) => [...doubted].some((rule) => rule.condition === type && rule.id !== but?.id),
    begin(ids, sinceMonoMs) {
      sinceMs = sinceMonoMs
      for (const id of ids) {
        const rule = byId.get(id)
        if (rule !== undefined) doubted.add(rule)
      }
    },
    raised(rule) {
      if (isOfOne(rule)) drop(({ id }) => id === rule.id)
    },
    cleared(rule, entity) {
      if (entity === undefined || isOfOne(rule)) drop(({ id }) => id === rule.id)
    },
    passed: (nowMs) => drop(({ recovery: { absentMs } }) => absentMs > 0 && nowMs - sinceMs >= absentMs),
    lost(nowMs) {
      sinceMs = nowMs
    },
    said: (type, entity) => drop((rule) => rule.condition === type && (entity === '' || isOfOne(rule))),
  }
}
