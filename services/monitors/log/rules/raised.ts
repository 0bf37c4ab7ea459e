/** Conditions that rules hold raised, by type and entity. Pure. */
import { compareSeverity, conditionKey } from '#model'
import type { Raised, Rule, RuleNews } from './types.ts'

/** Raised conditions of one rule at most. */
export const RAISED_MAX = 256

/** What raises and ends. What is held is kept, and not told. */
export interface RaisedTable {
  readonly all: readonly Raised[]
  /** Types of which anything is raised. */
  readonly types: ReadonlySet<string>
  of(rule: Rule, entity: string): Raised | undefined
  /** Of one rule. */
  count(ruleId: string): number
  /** @returns what is told of it; undefined: a worse one stands, or it is as it was */
  put(raised: Raised): RuleNews | undefined
  /** Ends those that `isOver`. @returns what is told of it */
  end(isOver: (raised: Raised) => boolean, words: { readonly reason: string; readonly message: string }): RuleNews[]
  /** Each condition by the worst that holds it. */
  worst(): readonly Raised[]
}

function worstOf(holders: Iterable<Raised>): Raised | undefined {
  let worst: Raised | undefined
  for (const one of holders) {
    if (one.isHeld === true) continue
    if (worst === undefined || compareSeverity(one.severity, worst.severity) > 0) worst = one
  }
  return worst
}

function isSaidAlike(one: Raised | undefined, other: Raised): boolean {
  return one?.ruleId === other.ruleId && one.message === other.message
}

export function createRaisedTable(): RaisedTable {
  const conditions = new Map<string, Map<string, Raised>>()
  /** By rule: asked for at each line that matches. */
  const counts = new Map<string, number>()
  const every = () => [...conditions.values()].flatMap((holders) => [...holders.values()])

  function remove(holders: Map<string, Raised>, ruleId: string): void {
    if (holders.delete(ruleId)) counts.set(ruleId, (counts.get(ruleId) ?? 0) - 1)
  }

  function endIn(
    key: string,
    isOver: (raised: Raised) => boolean,
    words: { reason: string; message: string },
  ): RuleNews[] {
    const holders = conditions.get(key) ?? new Map<string, Raised>()
    const before = worstOf(holders.values())
    for (const [ruleId, raised] of [...holders]) if (isOver(raised)) remove(holders, ruleId)
    if (holders.size === 0) conditions.delete(key)
    const after = worstOf(holders.values())
    if (before === undefined || after === before) return []
    if (after !== undefined) return [{ kind: 'problem', raised: after }]
    return [{ kind: 'over', type: before.type, entity: before.entity, ...words }]
  }

  return {
    get all() {
      return every()
    },
    get types() {
      return new Set(every().map(({ type }) => type))
    },
    of: ({ condition = '', id }, entity) => conditions.get(conditionKey(condition, entity))?.get(id),
    count: (ruleId) => counts.get(ruleId) ?? 0,
    put(raised) {
      const key = conditionKey(raised.type, raised.entity)
      const holders = conditions.get(key) ?? new Map<string, Raised>()
      const before = worstOf(holders.values())
      if (!holders.has(raised.ruleId)) counts.set(raised.ruleId, (counts.get(raised.ruleId) ?? 0) + 1)
      conditions.set(key, holders.set(raised.ruleId, raised))
      const after = worstOf(holders.values())
      return after === undefined || isSaidAlike(before, after) ? undefined : { kind: 'problem', raised: after }
    },
    end: (isOver, words) => [...conditions.keys()].flatMap((key) => endIn(key, isOver, words)),
    worst: () => [...conditions.values()].flatMap((holders) => worstOf(holders.values()) ?? []),
  }
}
