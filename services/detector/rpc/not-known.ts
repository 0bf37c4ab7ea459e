/** What is said where there is nothing by the name that somebody wrote. */
import { editDistance, nearestName } from '#config'
import { cleanText, entitiesCalled, entityWord, type Problem } from '#model'

/** So many names are listed. */
const LISTED_MAX = 20
/** So much of the end of an entity is compared: paths begin alike. */
const COMPARED_MAX = 64

/** What is open, as far as it is named. */
type Asked = Pick<Problem, 'type' | 'entity' | 'subject'>

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

/** As tables show them: "disk:/var", "GPU 3, H200 (gpu:0)". */
function shownAs({ entity, subject }: Asked): string {
  return subject === undefined ? entityWord(entity) : `${subject} (${entityWord(entity)})`
}

/** As tables show them, the nearest to what was written first: to either of its names. */
function nearestFirst(written: string, problems: readonly Asked[]): string[] {
  const farOf = (name: string) => editDistance(written.slice(-COMPARED_MAX), name.slice(-COMPARED_MAX))
  const ofEntity = new Map(problems.map((problem) => [problem.entity, problem]))
  return [...ofEntity.values()]
    .map((problem) => {
      const names = [entityWord(problem.entity), ...(problem.subject === undefined ? [] : [problem.subject])]
      return { name: shownAs(problem), far: Math.min(...names.map(farOf)) }
    })
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
}

/** @param problems those that are open */
export function noProblem(type: string, entity: string | undefined, problems: readonly Asked[]): string {
  const which = entity === undefined ? type : `${type} of ${entity || 'the node'}`
  const ofType = problems.filter((problem) => problem.type === type)
  if (entity !== undefined && ofType.length > 0) {
    const called = entitiesCalled(ofType, entity)
    if (called.length > 1) {
      const entities = called.map(entityWord).sort()
      return `${entity} is the name of ${called.length} things with an open problem ${type}; name the entity of one: ${listed(entities)}`
    }
    return `no problem ${which} is open; ${type} is open of: ${listed(nearestFirst(entityWord(entity), ofType))}`
  }
  const open = [...new Set(problems.map((problem) => problem.type))]
  return `no problem ${which} is open; ${instead(type, open, 'open are')}`
}

export function noMonitor(name: string, known: readonly string[]): string {
  const cleaned = cleanText(name, 80)
  return `no monitor is named ${JSON.stringify(cleaned)}; ${instead(cleaned, known, 'there are')}`
}
