/** By whose declaration a condition is told: its label, its polarity, what proves it gone. */
import type { Draft } from './draft.ts'
import type { ConditionType, SourceCondition } from './types.ts'

/** The monitor of ours that declares a type, the first by name. */
function ourDeclaration(draft: Draft, type: string): ConditionType | undefined {
  let found: { readonly name: string; readonly type: ConditionType } | undefined
  for (const { name, origin, conditionTypes } of draft.declarations()) {
    const declared = origin === 'built-in' ? conditionTypes.get(type) : undefined
    if (declared !== undefined && (found === undefined || name < found.name)) found = { name, type: declared }
  }
  return found?.type
}

/**
 * A type that a monitor of ours declares is told as ours declares it, whoever says it: were it the worst of them, a status could
 * stand still while the node falls ill, by another polarity. Undefined also where ours has said it and not declared itself again
 * after a restart: what stood there counts until then.
 */
export function declarationFor(draft: Draft, sources: readonly SourceCondition[]): ConditionType | undefined {
  const [first] = sources
  if (first === undefined) return undefined
  const { type } = first.observation
  const owner = draft.ownerOf(type)
  if (owner !== undefined) return draft.conditionType(type, owner)
  if (draft.declaration(first.monitor)?.origin === 'built-in') return draft.conditionType(type, first.monitor)
  const ours = ourDeclaration(draft, type)
  if (ours !== undefined) return ours
  const isAwaited = ({ monitor }: SourceCondition) =>
    draft.monitor(monitor)?.origin === 'built-in' && draft.declaration(monitor) === undefined
  return sources.some(isAwaited) ? undefined : draft.conditionType(type, first.monitor)
}
