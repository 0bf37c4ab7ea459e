import { applyStreamMessage, type NodeView, type StreamMessage } from '#model'

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** As `applyStreamMessage`; lists whose items are the same stay the same lists, so that their part of the page rests. */
export function applyMessage(before: NodeView | undefined, message: StreamMessage): NodeView | undefined {
  const after = applyStreamMessage(before, message)
  if (before === undefined || after === undefined || after === before) return after
  const keep = <T>(was: readonly T[], is: readonly T[]): readonly T[] => (sameItems(was, is) ? was : is)
  return {
    ...after,
    conditions: keep(before.conditions, after.conditions),
    problems: keep(before.problems, after.problems),
    resolved: keep(before.resolved, after.resolved),
    monitors: keep(before.monitors, after.monitors),
  }
}
