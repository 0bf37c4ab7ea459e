/** Whatever is read, in whatever order: reason, severity, limit and number of a finding belong to one another. */
import fc from 'fast-check'
import type { Limits } from '../../evaluate/limits.ts'
import type { Finding } from '../../types.ts'

/** A condition that is judged by a warning and a critical limit. */
export interface LimitedCondition {
  readonly type: string
  /** The finding of the last of a row of looks at these numbers, each 0 to 99, judged by these limits. */
  last(numbers: readonly number[], limits: Limits): Finding | undefined
  /** A limit as its message has it: "85 %". */
  words(limit: number): string
}

/** The finding of a type after a check's evaluate was run over readings, one after another. */
export function lastOver<Memory>(
  type: string,
  first: Memory,
  evaluate: (number: number, memory: Memory, at: number) => { memory: Memory; findings: readonly Finding[] },
): (numbers: readonly number[]) => Finding | undefined {
  return (numbers) => {
    let memory = first
    let findings: readonly Finding[] = []
    for (const [at, number] of numbers.entries()) ({ memory, findings } = evaluate(number, memory, at))
    return findings.find((finding) => finding.type === type)
  }
}

const rows = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 })
const pairs = fc
  .tuple(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 97 }))
  .map(([a, b]): Limits => ({ warning: Math.min(a, b), critical: Math.max(a, b) + 1 }))

/** The limit that a finding speaks of, by its severity; while nothing counts by the number itself. */
function meant({ health, severity, pending }: Finding, reading: number, { warning, critical }: Limits): number {
  if (health === 'problem') return severity === 'critical' ? critical : warning
  return pending === true && reading >= critical ? critical : warning
}

function faultOf(finding: Finding, reading: number, limits: Limits, words: LimitedCondition['words']): string {
  const { health, severity, pending = false, reason, message } = finding
  const named = meant(finding, reading, limits)
  const counts = health === 'problem' || pending
  const level = /^Above(Warning|Critical)Limit$/.exec(reason)?.[1]?.toLowerCase()
  if (!message.includes(`limit ${words(named)}`)) return `does not name its limit ${words(named)}`
  if (reading >= named !== counts) return `is ${counts ? '' : 'not '}over its limit at ${reading}`
  if (level !== undefined && (health !== 'problem' || severity !== level)) return `is ${severity} by its severity`
  if (health === 'problem' && severity === 'warning' && /Critical/.test(reason)) return 'is a warning by its severity'
  return pending === (reason === 'NotSustainedYet') ? '' : 'is pending by only one of reason and mark'
}

/**
 * What a condition says that its limits do not bear out, for some numbers and limits; undefined: nothing was found.
 * @throws what the condition throws
 * @returns "AboveWarningLimit: … does not name its limit 85 %, of 90 by 85 and 95"
 */
export function wrongLimit({ type, last, words }: LimitedCondition): string | undefined {
  function fault(numbers: readonly number[], limits: Limits): string {
    const finding = last(numbers, limits)
    if (finding === undefined) return `nothing is said of ${type}`
    const found = faultOf(finding, numbers.at(-1) ?? 0, limits, words)
    if (found === '') return ''
    return `${finding.reason}: "${finding.message}" ${found}, of ${numbers.join(' ')} by ${limits.warning} and ${limits.critical}`
  }
  const property = fc.property(rows, pairs, (numbers, limits) => fault(numbers, limits) === '')
  const { failed, counterexample } = fc.check(property, { numRuns: 60 })
  return failed && counterexample !== null ? fault(...counterexample) : undefined
}
