/** What a script is told of the problem, by the names that Go Node Doctor gives them. Pure. */
import { type Act, escapeUnseen, type ProblemSight } from '#model'

/** execve(2): one text may have 128 KiB; of a problem's words less is enough. */
const VALUE_MAX = 8_192

/** systemd takes no unit that has a control character in its environment, but line breaks and tabs; and a terminal obeys it. */
function plain(value: string): string {
  const shown = value.toWellFormed().replaceAll('\0', '').split('\t').map(escapeUnseen).join('\t')
  return shown.slice(0, VALUE_MAX).toWellFormed()
}

/**
 * PROBLEM_TYPE is the strategy and PROBLEM_RESOURCE the condition type, as there; what it has no name for has one beginning with
 * PROBLEM_META_. @param attempt its id
 */
export function scriptEnvironment(attempt: string, act: Act, problem: ProblemSight): Readonly<Record<string, string>> {
  const { opening, type, entity, subject = entity, severity, reason, message, check, monitor } = problem
  const facts = {
    PROBLEM_TYPE: act.strategy,
    PROBLEM_RESOURCE: type,
    PROBLEM_MESSAGE: message,
    PROBLEM_SEVERITY: severity,
    PROBLEM_DETECTED_AT: opening.opened.toISOString(),
    PROBLEM_META_CONDITION: type,
    PROBLEM_META_REASON: reason,
    PROBLEM_META_SOURCE: check,
    PROBLEM_META_MONITOR: monitor,
    PROBLEM_META_ENTITY: entity,
    PROBLEM_META_SUBJECT: subject,
    PROBLEM_META_FINGERPRINT: opening.fingerprint,
    PROBLEM_META_GENERATION: String(opening.generation),
    PROBLEM_META_ATTEMPT: attempt,
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, plain(value)]))
}
