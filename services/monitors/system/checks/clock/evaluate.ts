/** What the clocks say. Pure. */

import type { ConditionKey, MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import {
  duration,
  extendStreak,
  judgedFinding,
  judgeStreak,
  type Level,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Reading,
  type Streak,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { ClockReading, KernelClock, SetOnce } from './source.ts'

/** The clocks at one moment, in milliseconds. */
export interface ClockHands {
  readonly wallMs: number
  readonly monoMs: number
  /** Since boot, with suspended time; undefined when it could not be read. */
  readonly uptimeMs: number | undefined
}

/** What one check keeps for the next. */
export interface ClockMemory {
  readonly wrong: Streak
  readonly hands?: ClockHands | undefined
}

export const FIRST_CLOCK: ClockMemory = { wrong: NO_STREAK }

export interface ClockVerdict {
  readonly memory: ClockMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
}

const TYPE = 'ClockUnsynchronised'

function levelOfClock(clock: KernelClock, config: Config): Level {
  if (!clock.synchronised) return 'warning'
  return levelOf(clock.maxErrorMs, { warning: config.maxErrorWarningMs, critical: config.maxErrorCriticalMs })
}

function kernelFinding(clock: KernelClock, streak: Streak, config: Config): Finding {
  const needed = config.sustainedUnsynchronisedChecks
  const verdict = judgeStreak(streak, needed)
  const limits = { warning: config.maxErrorWarningMs, critical: config.maxErrorCriticalMs }
  const error = duration(clock.maxErrorMs)
  if (!clock.synchronised) {
    const seen = verdict === 'pending' ? ` (seen in ${streak.warning} of ${needed} checks in a row)` : ''
    const message = `no time service keeps the clock right${seen}; set one up, or see why chronyd, ntpd or systemd-timesyncd does not reach its servers`
    const summary = 'the clock is not synchronised'
    return judgedFinding({
      type: TYPE,
      verdict,
      healthyReason: 'InSync',
      warningReason: 'NotSynchronised',
      message,
      summary,
    })
  }
  return judgedFinding({
    type: TYPE,
    verdict,
    healthyReason: 'InSync',
    warningReason: 'ErrorTooLarge',
    criticalReason: 'ErrorTooLarge',
    message: `at most ${error} off, limit ${duration(namedLimit(verdict, limits, levelOf(clock.maxErrorMs, limits)))}${lasting(verdict, streak, needed)}`,
    summary: `the clock may be ${error} off`,
    evidence: {
      value: Math.round(clock.maxErrorMs * 10) / 10,
      unit: 'ms',
      ...limits,
      lowIsBad: false,
      label: 'possible error',
      detail: `${duration(Math.abs(clock.offsetMs))} left to correct.`,
      metric: 'clock_max_error_seconds',
    },
  })
}

function judgeState(state: Reading<KernelClock | SetOnce>, config: Config, before: Streak) {
  if (!state.ok) return { wrong: NO_STREAK, finding: unknownFinding(TYPE, state), metrics: [] }
  const clock = state.value
  if (clock.source === 'timesyncd') {
    const message = 'systemd-timesyncd has set the clock since boot; the kernel could not be asked'
    const finding: Finding = { type: TYPE, health: 'healthy', reason: 'InSync', message }
    return { wrong: NO_STREAK, finding, metrics: [] }
  }
  const wrong = extendStreak(before, levelOfClock(clock, config))
  const metrics: MetricSample[] = [
    { name: 'clock_synchronised', labels: {}, value: clock.synchronised ? 1 : 0 },
    { name: 'clock_max_error_seconds', labels: {}, value: clock.maxErrorMs / 1000 },
    { name: 'clock_offset_seconds', labels: {}, value: clock.offsetMs / 1000 },
  ]
  return { wrong, finding: kernelFinding(clock, wrong, config), metrics }
}

/** By how much the wall clock was set between two moments: it went on more, or less, than time did. */
export function jumpBetween(before: ClockHands, now: ClockHands): number {
  const passed = now.monoMs - before.monoMs
  const up = now.uptimeMs === undefined || before.uptimeMs === undefined ? passed : now.uptimeMs - before.uptimeMs
  // The monotonic clock stands still while the machine is suspended, the time since boot does not.
  const suspended = Math.max(0, up - passed)
  return now.wallMs - before.wallMs - passed - suspended
}

function jumps(before: ClockHands | undefined, now: ClockHands, config: Config): readonly Happening[] {
  const jump = before === undefined ? 0 : jumpBetween(before, now)
  if (Math.abs(jump) < config.jumpThresholdMs) return []
  const message = `the clock was set ${jump > 0 ? 'forward' : 'back'} by ${duration(Math.abs(jump))}`
  return [{ reason: 'ClockJumped', severity: 'warning', message }]
}

export function evaluateClock(
  reading: ClockReading,
  config: Config,
  memory: ClockMemory,
  now: { readonly wallMs: number; readonly monoMs: number },
): ClockVerdict {
  const { wrong, finding, metrics } = judgeState(reading.state, config, memory.wrong)
  const hands = { ...now, uptimeMs: reading.uptimeMs.ok ? reading.uptimeMs.value : undefined }
  return { memory: { wrong, hands }, findings: [finding], events: jumps(memory.hands, hands, config), metrics }
}

/** A person's word: what must last is counted anew. */
export function clearClock(memory: ClockMemory, { type }: ConditionKey): ClockMemory {
  return type === TYPE ? { ...memory, wrong: NO_STREAK } : memory
}

/** Where an earlier process of this boot left the hands, so that a step between the two is seen; nothing where they make no sense. */
export function recallClock(facts: unknown): ClockMemory {
  const { wallMs, monoMs, uptimeMs } = (facts ?? {}) as Record<string, unknown>
  if (!Number.isFinite(wallMs) || !Number.isFinite(monoMs)) return FIRST_CLOCK
  const up = Number.isFinite(uptimeMs) ? (uptimeMs as number) : undefined
  return { ...FIRST_CLOCK, hands: { wallMs: wallMs as number, monoMs: monoMs as number, uptimeMs: up } }
}
