/** What the result of a run makes of the conditions of a file, as node-problem-detector has it. Pure. */
import { changeText } from '#npd-words'
import { decodeText } from '#pattern'
import type { ExitStatus, Outcome } from './outcome.ts'
import type { DefaultCondition, Rule, Settings } from './settings.ts'

export type ConditionStatus = 'False' | 'True' | 'Unknown'

/** A condition as it is. */
export interface ConditionState {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason: string
  /** Bytes, since what a plug-in says may be no UTF-8. */
  readonly message: Buffer
  readonly transition: Date
}

/** What is told of a result beside the conditions. */
export interface RuleEvent {
  readonly severity: 'warning' | 'info'
  readonly reason: string
  readonly message: string
  readonly at: Date
  /** It says that something is a problem, and counts as one; otherwise that something is over, or not known. */
  readonly isActive: boolean
}

/** What a result came to. */
export interface Judged {
  readonly conditions: readonly ConditionState[]
  /** Undefined: nothing changed. */
  readonly event: RuleEvent | undefined
}

/** Of several of one type the first, which is the one that rules set. */
export function toldConditions(conditions: readonly ConditionState[]): readonly ConditionState[] {
  return conditions.filter(({ type }, index) => conditions.findIndex((other) => other.type === type) === index)
}

const STATUS: Readonly<Record<ExitStatus, ConditionStatus>> = { OK: 'False', NonOK: 'True', Unknown: 'Unknown' }

/** All False, since now. */
export function initialConditions(defaults: readonly DefaultCondition[], now: Date): readonly ConditionState[] {
  return defaults.map((condition) => initialCondition(condition, now))
}

/** False, since now. */
export function initialCondition({ type, reason, message }: DefaultCondition, now: Date): ConditionState {
  return { type, status: 'False', reason, message: Buffer.from(message), transition: now }
}

/** What the table of npd.md 2.5 makes of a condition; undefined: it stays as it is. */
function changed(
  before: ConditionState,
  usual: DefaultCondition,
  rule: Rule,
  { status: exit, output }: Outcome,
  updatesOnMessage: boolean,
): Omit<ConditionState, 'type' | 'transition'> | undefined {
  const status = STATUS[exit]
  if (status === 'True') {
    const isNews = before.status !== 'True' || before.reason !== rule.reason
    const saysMore = updatesOnMessage && !before.message.equals(output)
    return isNews || saysMore ? { status, reason: rule.reason, message: output } : undefined
  }
  if (before.status === status) return undefined
  // What is not known any more has the healthy reason, and says what the run said.
  return { status, reason: usual.reason, message: status === 'False' ? Buffer.from(usual.message) : output }
}

function judgeTemporary(conditions: readonly ConditionState[], rule: Rule, outcome: Outcome, at: Date): Judged {
  if (outcome.status === 'OK') return { conditions, event: undefined }
  const message = decodeText(outcome.output)
  return { conditions, event: { severity: 'warning', reason: rule.reason, message, at, isActive: true } }
}

/**
 * What a result makes of all conditions of the file. Of several of one type the first counts; of none nothing happens.
 * @param at when it is known
 */
export function judge(
  conditions: readonly ConditionState[],
  rule: Rule,
  outcome: Outcome,
  settings: Pick<Settings, 'conditions' | 'updatesOnMessage'>,
  at: Date,
): Judged {
  if (rule.isTemporary) return judgeTemporary(conditions, rule, outcome, at)
  const place = settings.conditions.findIndex(({ type }) => type === rule.condition)
  const [before, usual] = [conditions[place], settings.conditions[place]]
  const change = before && usual && changed(before, usual, rule, outcome, settings.updatesOnMessage)
  if (before === undefined || change === undefined) return { conditions, event: undefined }
  const after = { ...change, type: before.type, transition: at }
  const isActive = after.status === 'True'
  return {
    conditions: conditions.with(place, after),
    event: {
      severity: isActive ? 'warning' : 'info',
      reason: after.reason,
      message: changeText(after),
      at,
      isActive,
    },
  }
}
