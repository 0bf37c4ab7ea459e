import { applyStreamMessage, type NodeView, type StreamMessage } from '#view'

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** Each item as it was known before where it says the same; a whole view brings all of them anew. */
function known<T>(was: readonly T[], is: readonly T[], id: (item: T) => string): readonly T[] {
  const before = new Map(was.map((item) => [id(item), item]))
  return is.map((item) => {
    const old = before.get(id(item))
    // Both were written by the same hand: members in another order would only be drawn once more.
    return old !== undefined && old !== item && JSON.stringify(old) === JSON.stringify(item) ? old : item
  })
}

function keepKnown(before: NodeView, after: NodeView): NodeView {
  return {
    ...after,
    conditions: known(before.conditions, after.conditions, ({ id }) => id),
    problems: known(before.problems, after.problems, ({ fingerprint }) => fingerprint),
    resolved: known(before.resolved, after.resolved, ({ fingerprint }) => fingerprint),
    monitors: known(before.monitors, after.monitors, ({ name }) => name),
  }
}

/**
 * As `applyStreamMessage`; items that say the same stay the same items, and lists of the same items the same lists, so
 * that their parts of the page rest.
 */
export function applyMessage(before: NodeView | undefined, message: StreamMessage): NodeView | undefined {
  const applied = applyStreamMessage(before, message)
  if (before === undefined || applied === undefined || applied === before) return applied
  const after = message.kind === 'node' ? keepKnown(before, applied) : applied
  const keep = <T>(was: readonly T[], is: readonly T[]): readonly T[] => (sameItems(was, is) ? was : is)
  return {
    ...after,
    conditions: keep(before.conditions, after.conditions),
    problems: keep(before.problems, after.problems),
    resolved: keep(before.resolved, after.resolved),
    monitors: keep(before.monitors, after.monitors),
  }
}
