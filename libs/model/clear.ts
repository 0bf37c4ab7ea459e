/** A person's word that a problem is over. It holds for every look that was made before it. */
import type { Draft } from './draft.ts'
import { MAX_VERBATIM_NAME } from './limits.ts'
import { CLEARED, mergeCondition } from './merge.ts'
import { DETECTOR, isOpen, resolveProblem } from './problem.ts'
import { cleanText, hashText, renderLabel } from './text.ts'
import type { NodeEvent, Problem } from './types.ts'

const REASON = 'ProblemCleared'

/** What a person said of a problem: that it is over, who said so, and why. */
export interface PersonsWord {
  readonly type: string
  /** Undefined: every entity that has an open problem of this type. */
  readonly entity: string | undefined
  readonly by: string
  readonly why: string
}

/** Whether an event tells a person's word: what it says was said once, and by nobody else. */
export function tellsPersonsWord({ monitor, reason }: NodeEvent): boolean {
  return monitor === DETECTOR && reason === REASON
}

/** Open problems that a word is about. */
export function problemsOf(problems: Iterable<Problem>, { type, entity }: PersonsWord): Problem[] {
  return [...problems].filter(
    (problem) => isOpen(problem) && problem.type === type && (entity === undefined || problem.entity === entity),
  )
}

/** What every source said is over; only a later look of it says otherwise. */
function clearSources(draft: Draft, problem: Problem, words: string): void {
  for (const source of draft.sourcesOf(problem.type, problem.entity)) {
    draft.putSource({
      ...source,
      observation: {
        ...source.observation,
        health: 'healthy',
        // What the source says began when it did; this did not.
        since: undefined,
        severity: 'info',
        reason: CLEARED,
        message: words,
        summary: '',
        pending: undefined,
        action: undefined,
        observeOnly: undefined,
      },
      health: 'healthy',
      held: '',
      since: draft.now.wall,
      raised: undefined,
      healthyStreak: 0,
      settled: undefined,
      observed: draft.now.wall,
      cleared: draft.now.wall,
    })
  }
  mergeCondition(draft, problem.type, problem.entity)
}

/** What tables show as the entity, and a person may write for it: the node itself has none. */
export function entityWord(entity: string): string {
  return entity === '' ? 'node' : entity
}

/** The type of an open problem that a person names as it is shown: what is told word by word is shown clean. */
function typeMeant(open: readonly Problem[], type: string): string {
  if (open.some((problem) => problem.type === type)) return type
  return open.find((problem) => cleanText(problem.type, MAX_VERBATIM_NAME) === type)?.type ?? type
}

/** What people read for the thing that a problem is of, where it has a name for people: "GPU 3, H200", in tables "GPU 3, H200 (gpu:0)". */
function isCalled({ subject, entity }: Pick<Problem, 'subject' | 'entity'>, name: string): boolean {
  return subject !== undefined && (name === subject || name === `${subject} (${entity})`)
}

/** The entities of problems that people call so. */
export function entitiesCalled(problems: Iterable<Pick<Problem, 'subject' | 'entity'>>, name: string): string[] {
  const called = [...problems].filter((problem) => isCalled(problem, name))
  return [...new Set(called.map(({ entity }) => entity))]
}

/**
 * The word as it is meant: of the type that is shown so; and, where no entity of that name has such a problem, of the one thing that
 * people call so, or of the node itself where that is what it names. A name that several things have means none of them.
 */
export function meantBy(all: Iterable<Problem>, said: PersonsWord): PersonsWord {
  const problems = [...all].filter(isOpen)
  const word = { ...said, type: typeMeant(problems, said.type) }
  if (word.entity === undefined || problemsOf(problems, word).length > 0) return word
  const ofType = problems.filter(({ type }) => type === word.type)
  const [called, another] = entitiesCalled(ofType, word.entity)
  if (called !== undefined) return another === undefined ? { ...word, entity: called } : word
  return word.entity === entityWord('') ? { ...word, entity: '' } : word
}

export function clearProblems(draft: Draft, word: PersonsWord): void {
  const words = `cleared by ${word.by}: ${word.why}`
  for (const problem of problemsOf(draft.allProblems(), word)) {
    const { type, entity, fingerprint, generation } = problem
    resolveProblem(draft, problem, 'operator', words)
    if (!problem.fromEvent) clearSources(draft, problem, words)
    draft.emit({
      id: `${DETECTOR}-cleared-${hashText(fingerprint)}-${generation}`,
      monitor: DETECTOR,
      check: '',
      entity,
      severity: 'info',
      reason: REASON,
      message: `${problem.label === '' ? renderLabel('', type, entity) : problem.label} was ${words}`,
      firstSeen: draft.now.wall,
      lastSeen: draft.now.wall,
      count: 1,
    })
  }
}
