/** What people call problems: TYPE/ENTITY, TYPE, or a fingerprint. */
import { nearestName } from '#config/nearest'
import { isOpen, type Problem, type ProblemSight, type ToldRemediation } from '#model'
import { inTurn } from '../desk/desk.ts'
import { isFor } from '../desk/ladder.ts'
import type { DeskOptions } from '../desk/types.ts'
import { JournalUnusableError, NoSuchThingError } from '../errors.ts'
import type { SafetyState } from '../state/types.ts'

const NAMED_MAX = 20

/** "DiskFull/disk:/var"; "MemoryLow" of the node. */
function nameOf({ type, entity }: Pick<Problem, 'type' | 'entity'>): string {
  return entity === '' ? type : `${type}/${entity}`
}

/** The problem as a record that describes it has it. */
function sightIn({ what }: ToldRemediation): ProblemSight | undefined {
  return what.kind === 'refused' || what.kind === 'started' || what.kind === 'exhausted' ? what.problem : undefined
}

/** Every problem by its name: what the bus has, else what the journal still tells. */
function allNames({ known, safety }: Pick<DeskOptions, 'known' | 'safety'>): ReadonlyMap<string, string> {
  const told = safety.ring.all().flatMap((record) => {
    const sight = sightIn(record)
    return sight === undefined ? [] : [[sight.opening.fingerprint, nameOf(sight)] as const]
  })
  const names = new Map(told)
  for (const problem of known.problems()) names.set(problem.fingerprint, nameOf(problem))
  return names
}

/** What people call these fingerprints, as {@link fingerprintDone} takes it. One that nobody knows any more, or whose name another one has too, is left out. */
export function namesOf(
  options: Pick<DeskOptions, 'known' | 'safety'>,
  fingerprints: ReadonlySet<string>,
): Record<string, string> {
  const names = allNames(options)
  const times = new Map<string, number>()
  for (const name of names.values()) times.set(name, (times.get(name) ?? 0) + 1)
  return Object.fromEntries([...names].filter(([print, name]) => fingerprints.has(print) && times.get(name) === 1))
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
  // Of one that the bus does not tell of any more the journal may tell the name, and always the fingerprint.
  if (named.length === 0) {
    const [told, ...more] = [...allNames({ known, safety })].filter(
      ([print, of]) => of === name && isDoneAbout(safety.state, print),
    )
    if (told !== undefined && more.length === 0) return told[0]
    if (isDoneAbout(safety.state, name)) return name
  }
  if (done.length > 1)
    throw new NoSuchThingError(`${JSON.stringify(name)} are ${done.length} problems; name one of: ${listed(done)}`)
  // It knows of nothing: what was done may stand in the journal that it cannot use.
  if (safety.trouble !== undefined && safety.ring.all().length === 0)
    throw new JournalUnusableError(`what was done about ${JSON.stringify(name)} is not known: ${safety.trouble}`)
  const yet = named.some(isOpen) ? ' yet' : ''
  const near = named.length === 0 ? meant(name, all, ['journal']) : ''
  throw new NoSuchThingError(`nothing was done about ${JSON.stringify(name)}${yet}${near}`)
}
