import { editDistance } from '#config'

/** The path that was probably meant, where one is near enough. */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const asked = path.slice(0, 64).toLowerCase().replace(/\/+$/, '')
  const limit = Math.max(2, Math.floor(asked.length / 3))
  let best: { readonly path: string; readonly edits: number } | undefined
  for (const one of known) {
    const edits = asked !== '' && one !== '/' && one.startsWith(`${asked}/`) ? 1 : editDistance(asked, one)
    if (edits <= limit && (best === undefined || edits < best.edits)) best = { path: one, edits }
  }
  return best?.path
}
