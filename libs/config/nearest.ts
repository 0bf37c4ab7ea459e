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

/** So many names are read at a glance. */
const LISTED_MAX = 8
/** A shorter word stands in too many names. */
const WORD_MIN = 3

/** The one name that begins or ends with the whole text as a word of its own: `hostPort` for "port". */
function nameWithWord(text: string, names: readonly string[]): string | undefined {
  if (text.length < WORD_MIN) return undefined
  const wanted = text.toLowerCase()
  const found = names.filter((name) => {
    if (!name.toLowerCase().includes(wanted)) return false
    const words = name.split(/(?=[A-Z])|[-_.]/).map((word) => word.toLowerCase())
    return words[0] === wanted || words.at(-1) === wanted
  })
  return found.length === 1 ? found[0] : undefined
}

/** The one name that the text is the beginning of: `warning` for "warn". */
function nameBegunBy(text: string, names: readonly string[]): string | undefined {
  if (text.length < WORD_MIN) return undefined
  const found = names.filter((name) => name.toLowerCase().startsWith(text.toLowerCase()))
  return found.length === 1 ? found[0] : undefined
}

/**
 * The nearest of `names`, if it is near enough to be meant: at most a third of its letters differ, or else it is the only one
 * that has the text as its first or last word, or begins with it.
 */
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
  return best?.name ?? nameWithWord(text, names) ?? nameBegunBy(text, names)
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

/** What is valid, and which of it was meant; of many names the nearest alone. */
export function expectation(text: string, names: readonly string[]): string {
  const near = nearestName(text, names)
  if (near === undefined || names.length < 2 || names.length > LISTED_MAX) return suggestionWords(near, names)
  return `${suggestionWords(undefined, names)}; ${suggestionWords(near, names)}`
}

/** The same, the nearest name being known. */
export function suggestionWords(nearest: string | undefined, names: readonly string[]): string {
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`
  if (names.length === 0) return 'nothing is expected here'
  return names.length === 1 ? `expected ${quotedList(names)}` : `expected one of ${quotedList(names)}`
}
