/** What is remembered of the lines that each rule matched, and what of it was not told one by one. Pure. */
import { type Budget, createBudget, type Spent } from './budget.ts'
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
  /** What was not told of seconds that are over. */
  settled(atMs: number): readonly RuleNews[]
}

function omittedNews(rule: Rule, { second, omitted }: Spent): RuleNews[] {
  return (['rate', 'entities'] as const).flatMap((why) => {
    const count = omitted[why]
    const at = new Date(second * 1000)
    return count === 0 ? [] : [{ kind: 'omitted' as const, rule, count, why, at, key: `${second} ${why} ${rule.id}` }]
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
      const { rate, entities } = of(rule).budget.spent.omitted
      if (rate + entities > 0) omitting.add(rule)
    },
    get isOmitting() {
      return omitting.size > 0
    },
    settled(atMs) {
      const news: RuleNews[] = []
      for (const rule of [...omitting]) {
        const spent = of(rule).budget.settle(atMs)
        if (spent === undefined) continue
        omitting.delete(rule)
        news.push(...omittedNews(rule, spent))
      }
      return news
    },
  }
}
