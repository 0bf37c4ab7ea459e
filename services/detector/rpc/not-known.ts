/** What is said where there is nothing by the name that somebody wrote. */
import { editDistance, nearestName } from '#config'
import { cleanText, entityWord, type Problem } from '#model'

/** So many names are listed. */
const LISTED_MAX = 20
/** So much of the end of an entity is compared: paths begin alike. */
const COMPARED_MAX = 64

function listed(names: readonly string[]): string {
  const more = names.length > LISTED_MAX ? ` and ${names.length - LISTED_MAX} more` : ''
  return (names.slice(0, LISTED_MAX).join(', ') || 'none') + more
}

/** `did you mean DiskFull?`, or what there is. */
function instead(word: string, names: readonly string[], lead: string): string {
  const near = nearestName(word, names)
  if (near !== undefined && near !== word) return `did you mean ${near}?`
  return `${lead}: ${listed([...names].sort())}`
}

/** As tables show them, the nearest to what was written first. */
function nearestFirst(entity: string, entities: readonly string[]): string[] {
  const farOf = (name: string) => editDistance(entity.slice(-COMPARED_MAX), name.slice(-COMPARED_MAX))
  return entities
    .map((name) => ({ name: entityWord(name), far: farOf(entityWord(name)) }))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
}

/** @param problems those that are open */
export function noProblem(
  type: string,
  entity: string | undefined,
  problems: readonly Pick<Problem, 'type' | 'entity'>[],
): string {
  const which = entity === undefined ? type : `${type} of ${entity || 'the node'}`
  const entities = new Set(problems.filter((problem) => problem.type === type).map((problem) => problem.entity))
  if (entity !== undefined && entities.size > 0)
    return `no problem ${which} is open; ${type} is open of: ${listed(nearestFirst(entityWord(entity), [...entities]))}`
  const open = [...new Set(problems.map((problem) => problem.type))]
  return `no problem ${which} is open; ${instead(type, open, 'open are')}`
}

export function noMonitor(name: string, known: readonly string[]): string {
  const cleaned = cleanText(name, 80)
  return `no monitor is named ${JSON.stringify(cleaned)}; ${instead(cleaned, known, 'there are')}`
}
