import { useEffect, useRef, useState } from 'preact/hooks'
import type { ConditionView } from '#view'

/** Rows where nobody looks that are drawn anew in one frame, however many changed. */
export const FAR_ROWS_AT_ONCE = 150

/**
 * The conditions as they are to be drawn now: all that are near, and of the others those that fit into this frame. What
 * does not fit stays as it was drawn last. New ones are never held back.
 * @param drawn what each was drawn from last, by id; brought up to date
 * @returns the list, and how many of it are not up to date
 */
export function keepUp(
  all: readonly ConditionView[],
  drawn: Map<string, ConditionView>,
  isNear: (condition: ConditionView) => boolean,
): { readonly conditions: readonly ConditionView[]; readonly behind: number } {
  let room = FAR_ROWS_AT_ONCE
  let behind = 0
  const conditions = all.map((condition) => {
    const before = drawn.get(condition.id)
    if (before === condition) return condition
    if (before !== undefined && !isNear(condition) && room-- <= 0) {
      behind++
      return before
    }
    drawn.set(condition.id, condition)
    return condition
  })
  if (drawn.size > all.length) {
    const there = new Set(all.map(({ id }) => id))
    for (const id of drawn.keys()) if (!there.has(id)) drawn.delete(id)
  }
  return { conditions: behind === 0 ? all : conditions, behind }
}

/** As {@link keepUp}; draws again after each painted frame until everything is up to date. */
export function useKeepingUp(
  all: readonly ConditionView[],
  isNear: (condition: ConditionView) => boolean,
): readonly ConditionView[] {
  const drawn = useRef(new Map<string, ConditionView>())
  const [, draw] = useState<unknown>(undefined)
  const { conditions, behind } = keepUp(all, drawn.current, isNear)
  useEffect(() => {
    if (behind === 0) return undefined
    const timer = setTimeout(() => draw({}))
    return () => clearTimeout(timer)
  })
  return conditions
}
