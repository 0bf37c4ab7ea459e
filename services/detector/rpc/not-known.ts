/** What is said where there is nothing by the name that somebody wrote. */
import { nearestName } from '#config'
import { cleanText } from '#model'

/** So many names are listed. */
const LISTED_MAX = 20

/** `did you mean DiskFull?`, or what there is. */
function instead(word: string, names: readonly string[], lead: string): string {
  const near = nearestName(word, names)
  if (near !== undefined && near !== word) return `did you mean ${near}?`
  return `${lead}: ${[...names].sort().slice(0, LISTED_MAX).join(', ') || 'none'}`
}

/** @param open types of the problems that are open */
export function noProblem(type: string, entity: string | undefined, open: readonly string[]): string {
  const which = entity === undefined ? type : `${type} of ${entity || 'the node'}`
  return `no problem ${which} is open; ${instead(type, open, 'open are')}`
}

export function noMonitor(name: string, known: readonly string[]): string {
  const cleaned = cleanText(name, 80)
  return `no monitor is named ${JSON.stringify(cleaned)}; ${instead(cleaned, known, 'there are')}`
}
