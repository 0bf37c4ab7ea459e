/** How long certificates are still good for. Pure. */
import type { ConditionKey, MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import { cleanEntity, duration, keyOf, short, unknownFinding } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { Span, Watched } from './source.ts'

export const TYPE = 'CertificateExpiring'
export const SECONDS_LEFT = 'certificate_seconds_left'

const DAY_MS = 86_400_000

/** What one check keeps for the next. */
export interface CertificatesMemory {
  readonly told: readonly ConditionKey[]
  /** The longest that was seen left of one whose beginning is not known, by its name, in ms: a life is as long at least. */
  readonly longest: ReadonlyMap<string, number>
}

export const FIRST_CERTIFICATES: CertificatesMemory = { told: [], longest: new Map() }

export interface CertificatesVerdict {
  readonly memory: CertificatesMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

type Limits = Pick<Config, 'noticeDays' | 'noticePercent' | 'criticalDays' | 'criticalPercent'>

function name(entity: string): string {
  return `cert:${entity}`
}

/** In days: what is left at most before it is a warning, or critical. The smaller of both counts: one that lives for a day is renewed in it. */
function limitsOf(lifeMs: number, { noticeDays, noticePercent, criticalDays, criticalPercent }: Limits) {
  const part = (days: number, percent: number) => Math.min(days, (lifeMs / DAY_MS) * (percent / 100))
  return { warning: part(noticeDays, noticePercent), critical: part(criticalDays, criticalPercent) }
}

function day(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ')
}

function judged(
  watched: Watched & { readonly span: { readonly ok: true; readonly value: Span } },
  lifeMs: number,
  limits: Limits,
  nowMs: number,
): Finding {
  const { notAfter, notBefore, subject } = watched.span.value
  const entity = name(watched.name)
  const whose = subject === '' ? watched.name : `${watched.name} (${subject})`
  const leftMs = notAfter.getTime() - nowMs
  const { warning, critical } = limitsOf(lifeMs, limits)
  const leftDays = leftMs / DAY_MS
  const evidence = {
    ...{ value: Number(leftDays.toFixed(2)), unit: 'days', warning: Number(warning.toFixed(2)) },
    ...{ critical: Number(critical.toFixed(2)), lowIsBad: true, label: 'left', detail: '', metric: '' },
  }
  const told = { type: TYPE, entity, evidence }
  const ends = `the certificate ${whose} ends on ${day(notAfter)} UTC`
  if (leftMs <= 0) {
    const message = `the certificate ${whose} has ended on ${day(notAfter)} UTC, ${duration(-leftMs)} ago`
    return {
      ...told,
      health: 'problem',
      severity: 'critical',
      reason: 'CertificateExpired',
      message,
      summary: `${watched.name} has expired`,
    }
  }
  if (notBefore !== undefined && notBefore.getTime() > nowMs + DAY_MS) {
    const message = `the certificate ${whose} is not valid before ${day(notBefore)} UTC; is the clock of this node right?`
    return {
      ...told,
      health: 'problem',
      severity: 'warning',
      reason: 'CertificateNotYetValid',
      message,
      summary: `${watched.name} is not valid yet`,
    }
  }
  const isCritical = leftDays <= critical
  const left = `${ends}, in ${duration(leftMs)}, limit ${short(isCritical ? critical : warning, 2)} days`
  if (leftDays > warning) return { ...told, health: 'healthy', reason: 'CertificateValid', message: left }
  const summary = `${watched.name} expires in ${duration(leftMs)}`
  const severity = isCritical ? 'critical' : 'warning'
  return { ...told, health: 'problem', severity, reason: 'CertificateExpiresSoon', message: left, summary }
}

/** Judges one look. @param watched undefined: there is nothing to look at on this machine */
export function evaluateCertificates(
  watched: readonly Watched[] | undefined,
  config: Config,
  before: CertificatesMemory,
  now: Date,
): CertificatesVerdict {
  const nowMs = now.getTime()
  const known = new Set(before.told.map(({ entity }) => entity))
  const longest = new Map<string, number>()
  const findings: Finding[] = []
  const metrics: MetricSample[] = []
  for (const one of watched ?? []) {
    const { span } = one
    // Nothing is said of one that nobody has seen.
    if (one.isDoubtful === true && !known.has(name(one.name))) continue
    if (!span.ok) {
      findings.push(unknownFinding(TYPE, span, name(one.name)))
      const seenMs = before.longest.get(one.name)
      if (seenMs !== undefined) longest.set(one.name, seenMs)
      continue
    }
    const { notBefore, notAfter } = span.value
    const leftMs = notAfter.getTime() - nowMs
    const seenMs = Math.max(leftMs, before.longest.get(one.name) ?? 0)
    if (notBefore === undefined) longest.set(one.name, seenMs)
    const lifeMs = notBefore === undefined ? seenMs : notAfter.getTime() - notBefore.getTime()
    findings.push(judged({ ...one, span }, lifeMs, config, nowMs))
    metrics.push({ name: SECONDS_LEFT, labels: { cert: cleanEntity(one.name) }, value: Math.round(leftMs / 1000) })
  }
  const told = findings.map(keyOf)
  const still = new Set(told.map(({ entity }) => entity))
  return {
    memory: { told, longest },
    findings,
    metrics,
    withdrawn: before.told.filter(({ entity }) => !still.has(entity)),
  }
}
