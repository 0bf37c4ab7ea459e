/** All rules, in the order of the report. */
import { cleanText } from '#model'
import { ACTION_RULES } from './actions/rules.ts'
import type { ActionFacts } from './actions/types.ts'
import { callRules } from './rules/calls.ts'
import { describeRules } from './rules/describe.ts'
import { endRules } from './rules/end.ts'
import { metadataRules } from './rules/metadata.ts'
import { sizeRules } from './rules/size.ts'
import { socketRules } from './rules/socket.ts'
import { protocolRules, standingRules } from './rules/standing.ts'
import { statusRules } from './rules/statuses.ts'
import { timeRules } from './rules/times.ts'
import { watchRules } from './rules/watch.ts'
import type { Facts, Rule, RuleResult, Verdict } from './types.ts'
import { unspoken } from './verdict.ts'

/** What a line of the report takes. */
const DETAIL_MAX = 500

export const RULES: readonly Rule[] = [
  ...protocolRules,
  ...socketRules,
  ...metadataRules,
  ...callRules,
  ...statusRules,
  ...timeRules,
  ...sizeRules,
  ...describeRules,
  ...watchRules,
  ...standingRules,
  ...endRules,
]

function judge(facts: Facts, rule: Rule): Verdict {
  const { of } = rule
  const spoken = of === 'nodedoctor.v1' ? facts.monitor : facts.external
  return of !== undefined && spoken === undefined ? unspoken(of) : rule.judge(facts)
}

/** What each rule makes of the facts. */
export function judgeAll(facts: Facts): RuleResult[] {
  return RULES.map((rule) => {
    const { id, level } = rule
    const { result, detail } = judge(facts, rule)
    return { id, level, result, detail: cleanText(detail, DETAIL_MAX) }
  })
}

/** Of the socket of whoever carries out actions and is no monitor: it is not found by the detector. */
const OF_ANY_SOCKET = ['socket-kind', 'socket-mode']

/** What each rule makes of who carries out actions, and of a monitor where it is one too. */
export function judgeActions(facts: Facts, actions: ActionFacts): RuleResult[] {
  const isMonitor = facts.monitor !== undefined || facts.external !== undefined
  const others = isMonitor ? judgeAll(facts) : judgeAll(facts).filter(({ id }) => OF_ANY_SOCKET.includes(id))
  const own = ACTION_RULES.map(({ id, level, judge: of }) => {
    const { result, detail } = of(actions)
    return { id, level, result, detail: cleanText(detail, DETAIL_MAX) }
  })
  return [...others, ...own]
}

/** The table of docs/conformance.md. */
export function renderRuleTable(): string {
  const rows = RULES.map(({ id, level, of, why }) => `| \`${id}\` | ${level} | ${of ?? 'both'} | ${why} |`)
  const acts = ACTION_RULES.map(
    ({ id, level, why }) => `| \`${id}\` | ${level} | nodedoctor.v1.ActionRunner | ${why} |`,
  )
  return ['| Rule | Level | Of | What is asked, and why |', '|---|---|---|---|', ...rows, ...acts].join('\n')
}
