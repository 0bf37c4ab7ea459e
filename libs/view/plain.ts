/** The answer for those without a browser: `curl` and `node-doctor status`. */
import type { Evidence } from '#model'
import { firstLine } from './clean.ts'
import { actionWords, OBSERVED_ONLY, subjectWords } from './detail.ts'
import { renderClock, renderDuration } from './duration.ts'
import { withoutSums } from './sums.ts'
import type { Level, NodeView, ProblemView } from './types.ts'
import { overWords, wordsToText } from './words.ts'

/** The one word list: how each level is called. */
export const LEVEL_WORDS = {
  healthy: 'Healthy',
  info: 'Info',
  warning: 'Warning',
  error: 'Error',
  critical: 'Critical',
  unknown: 'Unknown',
  stale: 'Not known',
} as const satisfies Record<Level, string>

const FIGURES = 3

/** A number in words: "96.2", "0.004", "1,234": at most four significant figures, no exponent in the usual range. */
export function renderNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  const size = Math.abs(value)
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? FIGURES - 1 : FIGURES
  return Number(value.toFixed(digits)).toLocaleString('en-US', { maximumFractionDigits: digits })
}

/** A number with its unit: "96.2 %", "14". */
export function renderQuantity(value: number, unit: string): string {
  return unit === '' ? renderNumber(value) : `${renderNumber(value)} ${unit}`
}

/** The limit that matters for a value: the worst one it has passed, else the next one. */
export function limitOf(evidence: Evidence): number | undefined {
  const { value, warning, critical, lowIsBad } = evidence
  if (critical !== undefined && (lowIsBad ? value <= critical : value >= critical)) return critical
  return warning ?? critical
}

/** A reading beside its limit: "96.2 % used, limit 95 %." */
export function renderEvidence(evidence: Evidence): string {
  const limit = limitOf(evidence)
  const label = evidence.label === '' ? '' : ` ${evidence.label}`
  const against = limit === undefined ? '' : `, limit ${renderQuantity(limit, evidence.unit)}`
  const detail = evidence.detail === '' ? '' : ` ${evidence.detail}`
  return `${renderQuantity(evidence.value, evidence.unit)}${label}${against}.${detail}`
}

function problemLines(problem: ProblemView, now: Date): string[] {
  const opened = new Date(problem.opened)
  const codes = [problem.type, subjectWords(problem.subject, problem.entity), problem.reason]
    .filter((code) => code !== '')
    .join('  ')
  const word = LEVEL_WORDS[problem.level === 'stale' ? problem.severity : problem.level]
  const lasted = problem.level === 'stale' ? '' : ` for ${renderDuration(now.getTime() - opened.getTime())},`
  const doubts = [
    ...(problem.unproven ? ['Known from before the reboot; not looked at since.'] : []),
    ...(problem.flapping ? ['It comes and goes; its recovery is held back.'] : []),
  ]
  return [
    `${problem.summary}`,
    `  ${word}${lasted} since ${renderClock(opened, now)}  (${codes})`,
    ...(problem.evidence === undefined
      ? problem.message === '' || problem.message === problem.summary
        ? []
        : [`  ${firstLine(problem.message)}`]
      : [`  ${renderEvidence(problem.evidence)}`]),
    ...(problem.action === undefined ? [] : [`  To do: ${actionWords(problem)}.`]),
    ...(problem.observeOnly ? [`  ${OBSERVED_ONLY}`] : []),
    ...(problem.repair === undefined ? [] : [`  ${wordsToText(problem.repair.words, now)}`]),
    ...(problem.recovery === '' ? [] : [`  Gone when: ${problem.recovery}.`]),
    ...doubts.map((doubt) => `  ${doubt}`),
  ]
}

function resolvedLine(problem: ProblemView, now: Date): string {
  const until = new Date(problem.resolved ?? problem.changed)
  const proof = problem.proofText === '' ? '' : ` (${problem.proofText})`
  return `  ${renderClock(until, now)}  ${overWords(problem.openMs)}: ${problem.summary}${proof}`
}

/** Verdict and open problems as plain text, ending with a line break. Nothing open: what was resolved last. */
export function renderPlainText(view: NodeView, now: Date): string {
  const head = view.node.address === '' ? view.node.name : `${view.node.name}  ${view.node.address}`
  const lines = [head, wordsToText(view.verdict.sentence, now), wordsToText(view.verdict.detail, now)]
  const { attention = [] } = view.remediation
  // As it was heard last is no word of now.
  if (attention.length > 0 && view.verdict.level !== 'stale') lines.push(`Repairs: ${attention.join(' ')}`)
  const problems = withoutSums(view.problems)
  const resolved = withoutSums(view.resolved)
  if (problems.length > 0) {
    lines.push('', view.verdict.level === 'stale' ? 'Problems open then, worst first:' : 'Open problems, worst first:')
    for (const problem of problems) lines.push('', ...problemLines(problem, now))
  } else if (resolved.length > 0) {
    lines.push('', 'Resolved last:', ...resolved.slice(0, FIGURES).map((problem) => resolvedLine(problem, now)))
  }
  return `${lines.join('\n')}\n`
}
