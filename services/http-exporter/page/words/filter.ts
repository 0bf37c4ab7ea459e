/** Which conditions a reader's words mean. */
import { type ConditionView, LEVEL_WORDS } from '#view'

const haystacks = new WeakMap<ConditionView, string>()

function haystackOf(condition: ConditionView): string {
  const known = haystacks.get(condition)
  if (known !== undefined) return known
  const { monitor, sources, level, health, type, entity, subject = '', reason, message, label } = condition
  const text = [
    monitor,
    ...sources,
    LEVEL_WORDS[level],
    health,
    type,
    entity === '' ? 'node' : entity,
    subject,
    reason,
    message,
    label,
  ]
    .join('\n')
    .toLowerCase()
  haystacks.set(condition, text)
  return text
}

/** Those that have every word, in any order and case. */
export function filterConditions(all: readonly ConditionView[], wanted: string): readonly ConditionView[] {
  const words = wanted
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return all
  return all.filter((condition) => {
    const text = haystackOf(condition)
    return words.every((word) => text.includes(word))
  })
}

export interface Group {
  readonly monitor: string
  readonly conditions: readonly ConditionView[]
}

/** By monitor, in the order of names; inside, the order they came in. Groups that stayed the same are the same arrays. */
export function groupConditions(all: readonly ConditionView[], before: readonly Group[]): Group[] {
  const byMonitor = new Map<string, ConditionView[]>()
  for (const condition of all) {
    const group = byMonitor.get(condition.monitor)
    if (group === undefined) byMonitor.set(condition.monitor, [condition])
    else group.push(condition)
  }
  return [...byMonitor]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([monitor, conditions]) => {
      const known = before.find((group) => group.monitor === monitor)
      const same =
        known !== undefined &&
        known.conditions.length === conditions.length &&
        conditions.every((condition, index) => condition === known.conditions[index])
      return same ? known : { monitor, conditions }
    })
}
