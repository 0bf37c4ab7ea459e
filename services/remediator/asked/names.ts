/** What people call problems: TYPE/ENTITY, TYPE, or a fingerprint. */
import { nearestName } from '#config/nearest'
import { isOpen, type Problem } from '#model'
import { inTurn } from '../desk/desk.ts'
import { isFor } from '../desk/ladder.ts'
import type { DeskOptions } from '../desk/types.ts'
import { NoSuchThingError } from '../errors.ts'
import type { SafetyState } from '../state/types.ts'

const NAMED_MAX = 20

/** "DiskFull/disk:/var"; "MemoryLow" of the node. */
function nameOf({ type, entity }: Problem): string {
  return entity === '' ? type : `${type}/${entity}`
}

function isCalled(problem: Problem, name: string): boolean {
  return name === problem.fingerprint || name === nameOf(problem)
}

/** Names that each mean one of them. */
function listed(problems: readonly Problem[]): string {
  const names = problems.map(nameOf)
  const isClear = new Set(names).size === names.length
  const shown = (isClear ? names : problems.map(({ fingerprint }) => fingerprint)).slice(0, NAMED_MAX)
  return [...shown, ...(names.length > NAMED_MAX ? [`and ${names.length - NAMED_MAX} more`] : [])].join(', ')
}

function meant(name: string, problems: readonly Problem[], more: readonly string[] = []): string {
  const near = nearestName(name, [...new Set([...problems.flatMap((one) => [nameOf(one), one.type]), ...more])])
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

/**
 * Problems that are open by this name, a type's all of that type; "": all that a strategy is for.
 * @throws NoSuchThingError with those that are open, and the nearest name
 */
export function openNamed({ known, ladderOf }: DeskOptions, name: string): readonly Problem[] {
  const all = inTurn(known.problems())
  if (name === '') return all.filter((problem) => ladderOf(problem).some((rung) => isFor(rung, problem.type)))
  const found = all.filter((problem) => isCalled(problem, name) || problem.type === name)
  if (found.length > 0) return found
  const open = all.length === 0 ? 'none' : listed(all)
  throw new NoSuchThingError(`no problem ${JSON.stringify(name)} is open; open are: ${open}${meant(name, all)}`)
}

function isDoneAbout({ ledgers: { act, 'dry-run': dry }, unended }: SafetyState, fingerprint: string): boolean {
  const isLedgered = [act, dry].some(({ problems }) => Object.hasOwn(problems, fingerprint))
  return isLedgered || unended.some(({ opening }) => opening.fingerprint === fingerprint)
}

/**
 * The fingerprint of the one problem of this name about which something was done, open or not; a type names one where it is the only one.
 * @throws NoSuchThingError where there is none, with the nearest name, and where there are several, with those
 */
export function fingerprintDone({ known, safety }: DeskOptions, name: string): string {
  const all = [...known.problems()]
  const called = all.filter((problem) => isCalled(problem, name))
  const named = called.length > 0 ? called : all.filter(({ type }) => type === name)
  const done = named.filter(({ fingerprint }) => isDoneAbout(safety.state, fingerprint))
  const [only] = done
  if (only !== undefined && done.length === 1) return only.fingerprint
  // Of one that nobody tells of any more the fingerprint alone is known.
  if (named.length === 0 && isDoneAbout(safety.state, name)) return name
  if (done.length > 1)
    throw new NoSuchThingError(`${JSON.stringify(name)} are ${done.length} problems; name one of: ${listed(done)}`)
  const yet = named.some(isOpen) ? ' yet' : ''
  const near = named.length === 0 ? meant(name, all, ['journal']) : ''
  throw new NoSuchThingError(`nothing was done about ${JSON.stringify(name)}${yet}${near}`)
}
