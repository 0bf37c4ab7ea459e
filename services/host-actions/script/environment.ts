/** What a script is told of the problem, by the names that Go Node Doctor gives them. Pure. */
import { type Act, escapeUnseen, type ProblemSight } from '#model'
import { SCRIPT_VARIABLES } from '#remedies'

/** execve(2): one text may have 128 KiB; of a problem's words less is enough. */
const VALUE_MAX = 8_192

/** systemd takes no unit that has a control character in its environment, but line breaks and tabs; and a terminal obeys it. */
function plain(value: string): string {
  const shown = value.toWellFormed().replaceAll('\0', '').split('\t').map(escapeUnseen).join('\t')
  return shown.slice(0, VALUE_MAX).toWellFormed()
}

/** By the one table of them (`#remedies`). @param attempt its id */
export function scriptEnvironment(attempt: string, act: Act, problem: ProblemSight): Readonly<Record<string, string>> {
  return Object.fromEntries(SCRIPT_VARIABLES.map(({ name, of }) => [name, plain(of({ attempt, act, problem }))]))
}
