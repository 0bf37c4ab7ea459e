/** All rules, in the order of the report. */
import { cleanText } from '#model'
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

/** The table of docs/conformance.md. */
export function renderRuleTable(): string {
  const rows = RULES.map(({ id, level, of, why }) => `| \`${id}\` | ${level} | ${of ?? 'both'} | ${why} |`)
  return ['| Rule | Level | Of | What is asked, and why |', '|---|---|---|---|', ...rows].join('\n')
}
