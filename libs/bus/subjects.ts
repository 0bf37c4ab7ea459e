/** Under which subject each fact is told (docs/architecture.md, section 6). Text of plug-ins becomes tokens. Pure. */
import type { RemediationRecord } from '#proto/nodedoctor/v1/remediation.ts'
import { type Event, type Problem, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import { SUBJECT_METRICS } from './layout.ts'
import { encodeToken, joinTokens } from './tokens.ts'

const severityTokens: Readonly<Record<number, string>> = {
  [Severity.WARNING]: 'warning',
  [Severity.ERROR]: 'error',
  [Severity.CRITICAL]: 'critical',
}
const phaseTokens: Readonly<Record<number, string>> = {
  [ProblemPhase.OPENED]: 'opened',
  [ProblemPhase.RESOLVED]: 'resolved',
}

/** Of an event: nd.event.<severity>.<reason>; what is below a warning, or unknown here, is info. */
export function eventSubject({ severity, reason }: Pick<Event, 'severity' | 'reason'>): string {
  return joinTokens('nd', 'event', severityTokens[severity] ?? 'info', encodeToken(reason))
}

/** Of a problem: nd.problem.<opened|resolved|changed>.<type>. */
export function problemSubject({ phase, type }: Pick<Problem, 'phase' | 'type'>): string {
  return joinTokens('nd', 'problem', phaseTokens[phase] ?? 'changed', encodeToken(type))
}

/** Stands for a strategy where a record names none; no strategy's own text has this token. */
const NO_STRATEGY = '_'

function strategyOf({ what }: RemediationRecord): string {
  switch (what?.$case) {
    case 'refused':
    case 'started':
      return what.value.act?.strategy ?? ''
    case 'breaker':
      return what.value.strategy
    default:
      return ''
  }
}

/** Of a record of repairs: nd.remediation.<what it says>.<strategy>, with `_` where it names no strategy. */
export function remediationSubject(record: RemediationRecord): string {
  const strategy = strategyOf(record)
  const token = strategy === '' ? NO_STRATEGY : encodeToken(strategy)
  return joinTokens('nd', 'remediation', record.what?.$case ?? 'unknown', token)
}

/** Of the samples of a monitor or service: nd.metric.<name>. */
export function metricsSubject(name: string): string {
  return `${SUBJECT_METRICS}.${joinTokens(encodeToken(name))}`
}

/** What of the store a subject belongs to: "nd.event", "$KV.problems". */
export function partOf(subject: string): string {
  return subject.split('.', 2).join('.')
}
