/** How far the clock is from the servers that are named. Pure. */
import { type ConditionKey, type MetricSample, seriesKey } from '#model'
import type { Finding } from '#monitor-kit'
import {
  duration,
  extendStreak,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Streak,
  unknownFinding,
  unobserved,
} from '#monitor-kit/evaluate'
import type { NtpAnswer } from '#probe'
import type { Config } from './config.ts'
import type { Asked } from './source.ts'

/** By the server's name. */
export type TimeMemory = ReadonlyMap<string, Streak>

export interface TimeVerdict {
  readonly memory: TimeMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
}

type Time = NtpAnswer & { kind: 'time' }

const TYPE = 'ClockOffset'

export function serverEntity(server: string): string {
  return `ntp:${server}`
}

/** Why nothing is known by this server: that it does not answer is no fault of this machine's clock. */
function why({ answer, failure, isLate }: Asked) {
  if (isLate)
    return unobserved('ProberLate', `this process was kept from working while it waited: ${failure}; give it more CPU`)
  if (answer === undefined) return unobserved('NoAnswer', failure)
  switch (answer.kind) {
    case 'unsynchronised':
      return unobserved('ServerUnsynchronised', `it does not know the time itself (stratum ${answer.stratum})`)
    case 'kiss':
      return unobserved(
        'ServerRefuses',
        `it wants to be left alone (${answer.code}); ask it less often, or another one`,
      )
    case 'stepped':
      return unobserved(
        'ClockSet',
        `the clock was set by ${duration(Math.abs(answer.byMs))} meanwhile; the next check shows more`,
      )
    default:
      return unobserved('NoAnswer', 'it said nothing of the time')
  }
}

function offsetFinding(server: string, { offsetMs, errorMs }: Time, streak: Streak, config: Config): Finding {
  const limits = { warning: config.offsetWarningMs, critical: config.offsetCriticalMs }
  const off = Math.abs(offsetMs)
  // It is off for sure by so much; and by so little for sure, where it is well.
  const sure = Math.max(0, off - errorMs)
  const needed = config.sustainedChecks
  const verdict = judgeStreak(streak, needed)
  const level = levelOf(sure, limits)
  const way = offsetMs > 0 ? 'behind' : 'ahead of'
  const message = `${duration(off)} ${way} ${server}, ${duration(errorMs)} more or less, limit ${duration(namedLimit(verdict, limits, level))}${lasting(verdict, streak, needed)}`
  const base = { type: TYPE, entity: serverEntity(server) }
  if (verdict === 'healthy' && off + errorMs >= limits.warning) {
    return { ...base, health: 'healthy', pending: true, reason: 'OffsetUncertain', message }
  }
  return judgedFinding({
    ...base,
    verdict,
    healthyReason: 'ClockRight',
    warningReason: 'OffsetTooLarge',
    criticalReason: 'OffsetTooLarge',
    message,
    summary: `the clock is ${duration(off)} ${way} ${server}`,
    evidence: {
      value: Math.round(sure * 10) / 10,
      unit: 'ms',
      ...limits,
      lowIsBad: false,
      label: 'off at least',
      detail: `${duration(errorMs)} more or less.`,
      metric: seriesKey('network_time_offset_seconds', { server }),
    },
  })
}

function judge(asked: Asked, before: Streak, config: Config) {
  const { server, answer } = asked
  if (answer?.kind !== 'time') {
    return { streak: before, finding: unknownFinding(TYPE, why(asked), serverEntity(server)), metrics: [] }
  }
  const sure = Math.max(0, Math.abs(answer.offsetMs) - answer.errorMs)
  const limits = { warning: config.offsetWarningMs, critical: config.offsetCriticalMs }
  const streak = extendStreak(before, levelOf(sure, limits))
  const labels = { server }
  const metrics = [
    { name: 'network_time_offset_seconds', labels, value: answer.offsetMs / 1000 },
    { name: 'network_time_error_seconds', labels, value: answer.errorMs / 1000 },
  ]
  return { streak, finding: offsetFinding(server, answer, streak, config), metrics }
}

export function evaluateTime(all: readonly Asked[], config: Config, memory: TimeMemory): TimeVerdict {
  const verdicts = all.map((asked) => ({
    server: asked.server,
    ...judge(asked, memory.get(asked.server) ?? NO_STREAK, config),
  }))
  return {
    memory: new Map(verdicts.map(({ server, streak }) => [server, streak] as const)),
    findings: verdicts.map(({ finding }) => finding),
    metrics: verdicts.flatMap(({ metrics }) => metrics),
  }
}

/** A person's word: what must last is counted anew. */
export function clearTime(memory: TimeMemory, { entity }: ConditionKey): TimeMemory {
  return new Map([...memory].filter(([server]) => serverEntity(server) !== entity))
}
