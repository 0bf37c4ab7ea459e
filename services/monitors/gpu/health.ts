/** From what a check found to its word on `GPUHealthy`: the kit tells the worst word of several checks. Pure. */
import { type ConditionKey, conditionKey, type Severity } from '#model'
import type { Finding } from '#monitor-kit'
import type { Unobserved } from '#monitor-kit/evaluate'
import type { ToldAs } from './judging/settle.ts'

const TYPE = 'GPUHealthy'
const BAD: readonly (Severity | undefined)[] = ['error', 'critical']
/** Of problems that a message names; the others are counted. */
const NAMED_MAX = 3

/** What a check says beside its findings. */
export interface HealthWords {
  /** Why none of the GPUs can be seen; undefined: some can. */
  readonly unseen?: Unobserved | undefined
  /** What is said while all is well. */
  readonly wellMessage: string
  /** Problems of its own that are open, and cannot be seen now ({@link stillOpen}). Default: none. */
  readonly open?: readonly Finding[]
  /** What other checks found last ({@link Ill}); named, so that nobody reads of one trouble where there are several. Default: nothing. */
  readonly others?: readonly Finding[]
}

/** What the checks of one process find ill, each by its last look: what one tells of it names what the others do. */
export interface Ill {
  /** What all others found that makes GPUs unhealthy. */
  others(check: string): readonly Finding[]
  /** What a check finds now, in place of what it found before. */
  note(check: string, findings: readonly Finding[]): void
}

export function createIll(): Ill {
  const found = new Map<string, readonly Finding[]>()
  return {
    others: (check) => [...found].flatMap(([by, findings]) => (by === check ? [] : findings)),
    note: (check, findings) => void found.set(check, findings.filter(countsAgainst)),
  }
}

/** An error or worse that is acted on makes the node's GPUs unhealthy. */
export function countsAgainst({ type, health, severity, observeOnly }: Finding): boolean {
  return type !== TYPE && health === 'problem' && BAD.includes(severity) && observeOnly !== true
}

/** A headline stands alone: it begins with whose it is. */
function named({ type, subject, summary = '' }: Finding): string {
  const said = summary === '' ? type : summary
  return subject === undefined || said.startsWith(subject) ? said : `${subject}: ${said}`
}

function worstFirst(a: Finding, b: Finding): number {
  return BAD.indexOf(b.severity) - BAD.indexOf(a.severity)
}

function keyOf({ type, entity = '' }: Pick<Finding, 'type' | 'entity'>): string {
  return conditionKey(type, entity)
}

/**
 * What was a problem when it was seen last, and is not known to be over: unknown now, or pending. It is no word on how GPUs are now.
 * @param toldAs how a condition was told as a problem; undefined: none of its words is open
 */
export function stillOpen(
  findings: readonly Finding[],
  toldAs: (key: ConditionKey) => ToldAs | undefined,
): readonly Finding[] {
  return findings.flatMap((finding): Finding[] => {
    const { type, entity = '', health } = finding
    const told = health === 'problem' ? undefined : toldAs({ type, entity })
    // Its headline begins with whose it was by then.
    return told === undefined ? [] : [{ ...finding, ...told, health: 'problem', subject: undefined }]
  })
}

/** All that are open, each condition once, the gravest first; of equal ones those of this check. */
function allOpen(own: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const keys = new Set(own.map(keyOf))
  return [...own, ...others.filter((one) => !keys.has(keyOf(one)))].toSorted(worstFirst)
}

/**
 * The word of one check on the health of all GPUs. What is not acted on, a warning, and what is only watched leave it healthy; where
 * nothing can be seen and nothing is known to be ill it is unknown. Its text names the gravest first, and says how many more there are.
 * @param findings all that the check says in this look
 */
export function healthOf(
  findings: readonly Finding[],
  { unseen, wellMessage, open = [], others = [] }: HealthWords,
): Finding {
  const seen = findings.filter(countsAgainst)
  if (seen.length > 0) return illOf([...seen, ...open.filter(countsAgainst)].toSorted(worstFirst), others)
  if (unseen !== undefined) return { type: TYPE, health: 'unknown', reason: unseen.reason, message: unseen.message }
  // What may be over, and is not proven over, or was above a limit only now: it stays as it was.
  return { type: TYPE, health: 'healthy', reason: 'GPUIsHealthy', message: wellMessage }
}

/** @param own at least one, the worst first: whose severity and cure it is. What others found may be over by now, and is named alone */
function illOf(own: readonly Finding[], others: readonly Finding[]): Finding {
  const [worst] = own as [Finding]
  const all = allOpen(own, others)
  const rest = all.length > NAMED_MAX ? ` and ${all.length - NAMED_MAX} more` : ''
  const message = `${all.slice(0, NAMED_MAX).map(named).join('; ')}${rest}`
  const summary = `${named(worst)}${all.length > 1 ? `, and ${all.length - 1} more` : ''}`
  const severity = worst.severity ?? 'error'
  const action = worst.action === undefined ? {} : { action: worst.action }
  return { type: TYPE, health: 'problem', severity, reason: worst.type, message, summary, ...action }
}
