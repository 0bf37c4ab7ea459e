import { nearestName } from '#config'

/** The path that was probably meant, where one is near enough, or the first one below what was asked for. */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const asked = path.slice(0, 64).toLowerCase().replace(/\/+$/, '')
  if (asked === '') return nearestName(path.slice(0, 64), known)
  return nearestName(asked, known) ?? known.find((one) => one.startsWith(`${asked}/`))
}
