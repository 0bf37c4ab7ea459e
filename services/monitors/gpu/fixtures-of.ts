/** Which captured machine shows which numbered check. Pure. */
import { NUMBERS, type NumberedCheck } from './numbers.ts'

/** The key that a fixture is named for: "sick-throttle-time" is throttle-time's, "sick-ecc-mode-off" ecc-mode's. */
function idOf(fixture: string): string | undefined {
  const name = fixture.replace(/^sick-/, '')
  if (name === fixture) return undefined
  const ids = NUMBERS.map(({ id }) => id).filter((id) => name === id || name.startsWith(`${id}-`))
  return ids.toSorted((a, b) => b.length - a.length)[0]
}

/** Those of a numbered check, by name. @param fixtures names of the fixtures of its check */
export function fixturesOf({ id }: Pick<NumberedCheck, 'id'>, fixtures: readonly string[]): readonly string[] {
  return fixtures.filter((name) => idOf(name) === id).toSorted()
}
