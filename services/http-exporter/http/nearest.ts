/** Edits from one text to another, at most `limit` + 1. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next[j] = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    row = next
  }
  return row[b.length] ?? limit + 1
}

/** The path that was probably meant, where one is near enough. */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const asked = path.slice(0, 64).toLowerCase().replace(/\/+$/, '')
  const limit = Math.max(2, Math.floor(asked.length / 3))
  let best: { readonly path: string; readonly edits: number } | undefined
  for (const one of known) {
    const edits = asked !== '' && one !== '/' && one.startsWith(`${asked}/`) ? 1 : distance(asked, one, limit)
    if (edits <= limit && (best === undefined || edits < best.edits)) best = { path: one, edits }
  }
  return best?.path
}
