/** What holds for files of more than one kind. */
import { compilePattern, PatternError } from '#pattern'
import { expectation } from '../nearest.ts'
import { cut } from '../secrets.ts'
import { shown } from './durations.ts'
import type { Condition } from './files.ts'
import type { PatternRoom } from './pattern-size.ts'
import type { Reading } from './reading.ts'

/** Of one file: each has a pattern to be compiled, or a program to be run. */
export const RULES_MAX = 1000

/** The fault names the pattern as it is written. */
export function checkPattern(reading: Reading, key: string, source: string): boolean {
  const why = patternFault(source, reading.room)
  if (why !== undefined) reading.fault(key, why)
  return why === undefined
}

/** Why a text is no pattern of Go's; undefined where it is one. */
export function patternFault(source: string, room: PatternRoom): string | undefined {
  if (!room.take(source))
    return `${shown(source)} is too large, with the patterns before it; expected fewer repetitions`
  try {
    compilePattern(source)
    return undefined
  } catch (err) {
    if (!(err instanceof PatternError)) throw err
    return `"${cut(source, 300)}" is not a pattern: ${cut(err.message, 300)}; expected one of Go's syntax`
  }
}

/** Types of the file's conditions, each with its key. */
export function checkConditions(reading: Reading, conditions: readonly Condition[]): void {
  const seen = new Map<string, number>()
  conditions.forEach(({ type }, index) => {
    const key = `conditions[${index}].type`
    const first = seen.get(type)
    if (first === undefined) seen.set(type, index)
    else
      reading.warn(
        key,
        `${shown(type)} stands at conditions[${first}] already, which rules set and which is told; NPD shows this one, and never the problem`,
      )
    if (type === '') reading.warn(key, 'is empty; expected the type of a condition, such as "KernelDeadlock"')
  })
}

/** Whether there are no more rules than can be looked at. */
export function checkRuleCount(reading: Reading, count: number): boolean {
  if (count > RULES_MAX) reading.fault('rules', `has ${count} rules; expected at most ${RULES_MAX}`)
  return count <= RULES_MAX
}

const RULE_TYPES = ['temporary', 'permanent'] as const

/** NPD takes any text but "temporary" for "permanent" (B17). */
export function checkRuleType(reading: Reading, key: string, type: string): void {
  if (RULE_TYPES.some((one) => one === type)) return
  reading.warn(key, `${shown(type)} is no type of a rule, and counts as "permanent"; ${expectation(type, RULE_TYPES)}`)
}

/** What a permanent rule says of a condition that the file does not declare. */
export function unlisted(condition: string, conditions: readonly Condition[]): string {
  const types = [...new Set(conditions.map(({ type }) => type))]
  const why = `${shown(condition)} is not among the file's conditions`
  return types.length === 0 ? `${why}, of which there are none` : `${why}; ${expectation(condition, types)}`
}
