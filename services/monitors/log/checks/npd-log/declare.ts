/** What a file of node-problem-detector lets its check say. Pure. */
import { parseDuration } from '#golang'
import { type RecoveryRule, recoveryWords } from '#model'
import type { ConditionSpec, Declaration, EventSpec } from '#monitor-kit'
import { PROBLEM_METRICS } from '#npd-words'
import { LOG_LINES_LOST, LOG_TEXTS_UNTOLD } from '../../reading/declared.ts'
import { listedOf } from './conditions.ts'
import type { Config } from './config.ts'
import { isTemporary } from './evaluate.ts'

/** What a temporary problem opens is over when it has not been for so long. */
const ABSENT_MS = 600_000

type Recover = Config['recover'][string]

function msOf(duration: string): number {
  return Number(parseDuration(duration)) / 1_000_000
}

/** Absence that ends a condition, in milliseconds, by its type. @throws DurationError */
export function absenceOf({ recover }: Pick<Config, 'recover'>): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(recover).flatMap(([type, { absentFor }]) =>
      absentFor === undefined ? [] : [[type, msOf(absentFor)] as const],
    ),
  )
}

/** Whether a reboot ends a condition: of itself it stays until then. */
export function endsByReboot({ recover }: Pick<Config, 'recover'>, type: string): boolean {
  const own = Object.hasOwn(recover, type) ? recover[type] : undefined
  return own?.reboot !== false
}

function recoveryOf({ match, absentFor, reboot }: Recover): readonly RecoveryRule[] {
  return [
    ...(match === undefined ? [] : [{ kind: 'healthy-checks', count: 1 } as const]),
    ...(absentFor === undefined ? [] : [{ kind: 'absent', forMs: msOf(absentFor) } as const]),
    ...(reboot === false ? [] : [{ kind: 'reboot' } as const]),
    { kind: 'operator' },
  ]
}

/** In words: by a line its source says it itself. */
function wordsOf(recovery: readonly RecoveryRule[]): string {
  const others = recovery.filter(({ kind }) => kind !== 'healthy-checks')
  return others.length === recovery.length ? recoveryWords(recovery) : `a line says so, or ${recoveryWords(others)}`
}

function conditionOf(config: Config, { type, reason, message }: Config['conditions'][number]): ConditionSpec {
  const recovery = recoveryOf((Object.hasOwn(config.recover, type) ? config.recover[type] : undefined) ?? {})
  return {
    type,
    description: `As ${config.path} has it.`,
    label: type,
    healthyReason: reason,
    healthyMessage: message,
    verbatim: true,
    recovery,
    recoveryText: wordsOf(recovery),
    source: config.path,
    warning: 'a line that a permanent rule matches',
    critical: 'none',
    sustained: 'at once',
  }
}

/** Each reason once: of one that has both, what is temporary opens a problem. */
function eventsOf(config: Config): readonly EventSpec[] {
  const { path, rules } = config
  const temporary = rules.filter(isTemporary).map(({ reason }) => reason)
  const changes = [
    ...rules.map(({ reason }) => ({ reason, severity: 'warning' as const })),
    ...listedOf(config).map(({ reason }) => ({ reason, severity: 'info' as const })),
  ]
  const ours = [LOG_LINES_LOST.reason, LOG_TEXTS_UNTOLD.reason]
  const once = changes.filter(
    ({ reason }, index) => changes.findIndex((one) => one.reason === reason) === index && !ours.includes(reason),
  )
  return once.map(({ reason, severity }) => ({
    reason,
    severity,
    description: `As ${path} has it.`,
    verbatim: true,
    ...(temporary.includes(reason) ? { recovery: { kind: 'absent', forMs: ABSENT_MS } } : {}),
  }))
}

/** @throws DurationError */
export function declare(config: Config): Declaration {
  return {
    conditions: listedOf(config).map((one) => conditionOf(config, one)),
    events: eventsOf(config),
    metrics: config.metricsReporting ? PROBLEM_METRICS : [],
  }
}
