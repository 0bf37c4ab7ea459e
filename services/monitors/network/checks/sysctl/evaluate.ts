/** What sysctls are, against what they have to be. Pure. */
import type { CheckResult, Finding } from '#monitor-kit'
import { judgedFinding, unknownFinding } from '#monitor-kit/evaluate'
import type { SysctlReading } from './source.ts'

const TYPE = 'SysctlWrong'

function missing({ want }: SysctlReading, entity: string): Finding {
  const { key, hasToExist, because } = want
  if (!hasToExist) {
    const message = `there is no ${key}: there is no such interface, or the kernel lacks what it is of`
    return unknownFinding(TYPE, { ok: false, reason: 'SourceMissing', message }, entity)
  }
  const message = `there is no ${key}: the kernel lacks what it is of${key.startsWith('net.bridge') ? ' (load the module br_netfilter)' : ', or it is called otherwise'}${because === '' ? '' : `; ${because}`}`
  const about = { type: TYPE, entity, severity: 'warning', message, summary: `there is no ${key}` } as const
  return { ...about, health: 'problem', reason: 'SysctlMissing' }
}

function judge(reading: SysctlReading): Finding {
  const { want, value } = reading
  const entity = `sysctl:${want.key}`
  if (!value.ok) return unknownFinding(TYPE, value, entity)
  if (value.value === undefined) return missing(reading, entity)
  const expected = want.expected.trim().replace(/\s+/g, ' ')
  const isRight = value.value === expected
  const why = want.because === '' ? '' : `; ${want.because}`
  return judgedFinding({
    type: TYPE,
    entity,
    // What pods need is worse than what somebody wishes.
    verdict: isRight ? 'healthy' : want.because === '' ? 'warning' : 'critical',
    healthyReason: 'AsExpected',
    warningReason: 'OtherValue',
    criticalReason: 'OtherValue',
    message: isRight
      ? `is ${expected}`
      : `is ${value.value} and has to be ${expected}${why}; set it in /etc/sysctl.d, and see what sets it otherwise`,
    summary: `${want.key} is ${value.value} in place of ${expected}`,
  })
}

/** A finding for each sysctl that has to be something; none where none has to. */
export function evaluateSysctls(readings: readonly SysctlReading[]): CheckResult {
  return { findings: readings.map(judge), partial: readings.some(({ want }) => want.unseen !== undefined) }
}
