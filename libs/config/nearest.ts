/** The valid name that somebody probably meant. */

/** Edits (insert, delete, replace, swap of neighbours) that make one text of the other; case does not count. */
export function editDistance(a: string, b: string): number {
  const left = a.toLowerCase()
  const right = b.toLowerCase()
  let before: number[] = []
  let row = Array.from({ length: right.length + 1 }, (_, j) => j)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1]
      let cost = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1)
      }
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[right.length]!
}

/** The nearest of `names`, if it is near enough to be meant: at most a third of its letters differ. */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  if (text.length > 64) return undefined
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const limit = Math.max(1, Math.floor(name.length / 3))
    if (Math.abs(name.length - text.length) > limit) continue
    const distance = editDistance(text, name)
    if (distance > limit) continue
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  return best?.name
}

/** `"a", "b", "c"`; a long list is cut. */
export function quotedList(names: readonly string[]): string {
  const shown = names.slice(0, 40).map((name) => JSON.stringify(name))
  return [...shown, ...(names.length > 40 ? [`and ${names.length - 40} more`] : [])].join(', ')
}

/** `did you mean "interval"?`, or what is valid. */
export function suggestion(text: string, names: readonly string[]): string {
  return suggestionWords(nearestName(text, names), names)
}

/** The same, the nearest name being known. */
export function suggestionWords(nearest: string | undefined, names: readonly string[]): string {
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`
  if (names.length === 0) return 'nothing is expected here'
  return names.length === 1 ? `expected ${quotedList(names)}` : `expected one of ${quotedList(names)}`
}
