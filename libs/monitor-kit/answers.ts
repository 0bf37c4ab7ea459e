/** Looks with the parameters that a caller of CheckHealth set, for his answer alone. */
import { cleanText } from '#model'
import type { Answer } from './external-rpc.ts'
import type { ScheduledCheck } from './schedule.ts'

/** Longest value of a parameter; a longer one is cut. */
const VALUE_MAX = 256

type Parameters = Readonly<Record<string, string>>

/** Of a caller's parameters those that a check takes. */
function takenBy({ runner }: ScheduledCheck, parameters: Parameters): Parameters {
  const names = (runner.definition.parameters ?? []).filter((name) => Object.hasOwn(parameters, name))
  return Object.fromEntries(names.map((name) => [name, cleanText(parameters[name] ?? '', VALUE_MAX)]))
}

async function ask(asked: readonly (readonly [ScheduledCheck, Parameters])[]): Promise<Answer> {
  const said = await Promise.all(asked.map(([check, parameters]) => check.answer(parameters)))
  const answers = said.flatMap((one, index) => {
    const [check] = asked[index] ?? []
    return one === undefined || check === undefined ? [] : [{ name: check.runner.instance.name, said: one }]
  })
  return {
    checks: new Set(answers.map(({ name }) => name)),
    observations: answers.flatMap((one) => one.said.observations),
    withdrawn: answers.flatMap((one) => one.said.withdrawn),
    events: answers.flatMap((one) => one.said.events),
  }
}

/** @returns asks each check that takes one of a caller's parameters; undefined where none does */
export function createAnswers(
  checks: readonly ScheduledCheck[],
): (parameters: Parameters) => Promise<Answer> | undefined {
  return (parameters) => {
    const asked = checks.map((check) => [check, takenBy(check, parameters)] as const)
    const taking = asked.filter(([, taken]) => Object.keys(taken).length > 0)
    return taking.length === 0 ? undefined : ask(taking)
  }
}
