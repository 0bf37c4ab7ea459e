/** The report for people. */
import { renderTable } from '../table.ts'
import type { RuleResult } from './types.ts'
import { counted, isUnspoken } from './verdict.ts'

const WORDS = { pass: 'holds', fail: 'BROKEN', skip: 'skipped' } as const

function broken(rules: readonly RuleResult[], level: RuleResult['level']): RuleResult[] {
  return rules.filter((rule) => rule.result === 'fail' && rule.level === level)
}

/** "It does not conform: 2 musts are broken." */
function verdictOf(rules: readonly RuleResult[]): string {
  const musts = broken(rules, 'must').length
  const shoulds = broken(rules, 'should').length
  const skipped = rules.filter(({ result }) => result === 'skip').length
  const well = rules.length - musts - shoulds - skipped
  const counts = `${counted(well, 'rule')} hold${well === 1 ? 's' : ''}, ${counted(musts, 'must')} and ${counted(shoulds, 'should')} broken, ${skipped} skipped`
  return `${musts === 0 ? 'It conforms' : 'It does not conform'}: ${counts}.`
}

/** What is asked of the protocols that it does not speak is one line. */
function elsewhere(rules: readonly RuleResult[]): string[] {
  const unspoken = Map.groupBy(rules.filter(isUnspoken), ({ detail }) => detail)
  return [...unspoken].map(([why, some]) => `${counted(some.length, 'rule')} skipped: ${why}`)
}

/** Each rule in a line, and the verdict under them. */
export function renderReport(socket: string, rules: readonly RuleResult[]): string {
  const rows = rules
    .filter((rule) => !isUnspoken(rule))
    .map(({ id, level, result, detail }) => [WORDS[result], level, id, detail])
  return [
    `The plug-in at ${socket}`,
    '',
    renderTable(['RESULT', 'LEVEL', 'RULE', 'WHAT WAS SEEN; WHAT TO DO'], rows),
    ...elsewhere(rules),
    '',
    verdictOf(rules),
    ...(rules.some(({ result }) => result === 'fail') ? ['What each rule asks, and why: docs/conformance.md'] : []),
  ].join('\n')
}
