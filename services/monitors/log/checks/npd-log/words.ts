/** What a file's check says, as the kit has it. Pure. */
import { hashText } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import type { ConditionNow } from './conditions.ts'
import type { RuleEvent } from './evaluate.ts'

/** What is said of a condition. */
type Words = Pick<Finding, 'reason' | 'message'>

/** Of a condition that may have been True before. */
const NOT_KEPT = { reason: 'NotKept', message: 'it may have been True before: what was kept of that cannot be read' }

/** @param unread what is said of its log, where that cannot be read @param isDoubtful that it is False is not known */
export function findingOf(now: ConditionNow, unread: Words | undefined, isDoubtful = false): Finding {
  const { type, isTrue, reason, message, since } = now
  if (unread !== undefined) return { type, health: 'unknown', reason: unread.reason, message: unread.message }
  if (isDoubtful && !isTrue) return { type, health: 'unknown', ...NOT_KEPT }
  const said = { type, reason, message, ...(since === undefined ? {} : { since }) }
  return isTrue
    ? { ...said, health: 'problem', severity: 'warning', summary: `${type}: ${message}` }
    : { ...said, health: 'healthy' }
}

/** @param source as the file names it */
export function happeningOf({ severity, reason, message, at, key }: RuleEvent, source: string): Happening {
  // A line of another life of its source may have the same place there.
  return { severity, reason, message, at, source, key: `${hashText(`${source}\n${message}`)} ${key}` }
}
