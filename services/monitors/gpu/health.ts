/** From what a check found to its word on `GPUHealthy`: the kit tells the worst word of several checks. Pure. */
import type { Severity } from '#model'
import type { Finding } from '#monitor-kit'
import type { Unobserved } from '#monitor-kit/evaluate'

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

/**
 * The word of one check on the health of all GPUs. What is not acted on, a warning, and what is only watched leave it healthy; where
 * nothing can be seen and nothing is known to be ill it is unknown.
 * @param findings all that the check says in this look
 */
export function healthOf(findings: readonly Finding[], { unseen, wellMessage }: HealthWords): Finding {
  const bad = findings.filter(countsAgainst).toSorted(worstFirst)
  const [worst] = bad
  if (worst !== undefined) {
    const more = bad.length > NAMED_MAX ? ` and ${bad.length - NAMED_MAX} more` : ''
    const message = `${bad.slice(0, NAMED_MAX).map(named).join('; ')}${more}`
    const severity = worst.severity ?? 'error'
    const action = worst.action === undefined ? {} : { action: worst.action }
    return { type: TYPE, health: 'problem', severity, reason: worst.type, message, summary: named(worst), ...action }
  }
  if (unseen !== undefined) return { type: TYPE, health: 'unknown', reason: unseen.reason, message: unseen.message }
  // What may be over, and is not proven over, or was above a limit only now: it stays as it was.
  return { type: TYPE, health: 'healthy', reason: 'GPUIsHealthy', message: wellMessage }
}
