/** What is remembered of the lines that each rule matched, and what of it was not told one by one. Pure. */
import { type Budget, createBudget, type Omitted } from './budget.ts'
import { createSeenEntities, type SeenEntities } from './seen.ts'
import type { Rule, RuleNews } from './types.ts'

/** What is remembered of a rule. */
export interface RuleMemory {
  readonly entities: SeenEntities
  readonly budget: Budget
}

/** Of all rules. */
export interface RuleMemories {
  readonly byId: ReadonlyMap<string, RuleMemory>
  of(rule: Rule): RuleMemory
  /** It matched: something of it may not have been told. */
  noteOmitted(rule: Rule): void
  /** Something was not told, and has still to be said. */
  readonly isOmitting: boolean
  /** What was not told, where that is to be said by now. @param nowMs on the monotonic clock; Infinity: in any case */
  settled(nowMs: number): readonly RuleNews[]
}

function omittedNews(rule: Rule, { counts, key, atMs }: Omitted): RuleNews[] {
  return (['rate', 'entities'] as const).flatMap((why) => {
    const count = counts[why]
    const about = { rule, count, why, at: new Date(atMs), key: `untold ${key} ${why} ${rule.id}` }
    return count === 0 ? [] : [{ kind: 'omitted' as const, ...about }]
  })
}

export function createRuleMemories(rules: readonly Rule[]): RuleMemories {
  const byId = new Map(
    rules.map((rule) => [rule.id, { entities: createSeenEntities(rule), budget: createBudget() } satisfies RuleMemory]),
  )
  const of = ({ id }: Rule) => byId.get(id) as RuleMemory
  const omitting = new Set<Rule>()
  return {
    byId,
    of,
    noteOmitted(rule) {
      if (of(rule).budget.omitted !== undefined) omitting.add(rule)
    },
    get isOmitting() {
      return omitting.size > 0
    },
    settled(nowMs) {
      const news: RuleNews[] = []
      for (const rule of [...omitting]) {
        const omitted = of(rule).budget.settle(nowMs)
        if (omitted === undefined) continue
        omitting.delete(rule)
        news.push(...omittedNews(rule, omitted))
      }
      return news
    },
  }
}
