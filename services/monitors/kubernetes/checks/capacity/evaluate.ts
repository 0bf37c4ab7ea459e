/** How many pods the node still takes, and how near it is to evicting some. Pure. */
import type { ConditionKey, MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  bytes,
  duration,
  extendStreak,
  judgedFinding,
  judgeStreak,
  keyOf,
  type Level,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  percentValue,
  type Streak,
  short,
  unknownFinding,
  unobserved,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { thresholdOf } from './limits.ts'
import type { CapacityReading, Room } from './source.ts'

export const PODS_USED = 'pods_used_ratio'
export const EVICTION_LEFT = 'eviction_left_ratio'

/** What one check keeps for the next. */
export interface CapacityMemory {
  readonly pods: Streak
  /** The kubelet's last count that was judged: when it was made, in monotonic milliseconds, and looked at. */
  readonly counted: { readonly atMs: number; readonly observed: Date } | undefined
  /** By signal. */
  readonly signals: ReadonlyMap<string, Streak>
  /** Where images are, by what the container runtime said last: they are there too while it says nothing. */
  readonly imageFolder: string
  readonly told: readonly ConditionKey[]
}

export const FIRST_CAPACITY: CapacityMemory = {
  pods: NO_STREAK,
  counted: undefined,
  signals: new Map(),
  imageFolder: '',
  told: [],
}

export interface CapacityVerdict {
  readonly memory: CapacityMemory
  readonly findings: readonly Finding[]
  readonly metrics: readonly MetricSample[]
  readonly withdrawn: readonly ConditionKey[]
}

const FROM = { configz: '', file: ', by its file' } as const

const NOT_KNOWN = unobserved(
  'LimitsNotKnown',
  'the kubelet does not tell its configuration (/configz), and its file cannot be read or is overruled by a flag: how much it takes, and when it evicts, is not known',
)

function judgePods(reading: CapacityReading, config: Config, before: CapacityMemory, now: Date) {
  const { pods, countedMs, countedAtMs, limits, limitsFrom } = reading
  const type = 'PodCapacityLow'
  const isKnown = limitsFrom !== 'unknown'
  if (!pods.ok || !isKnown)
    return {
      streak: NO_STREAK,
      counted: undefined,
      finding: unknownFinding(type, pods.ok ? NOT_KNOWN : pods),
      metrics: [],
    }
  const ratio = pods.value / limits.maxPods
  const value = percentValue(ratio)
  const thresholds = { warning: config.warningThreshold, critical: config.criticalThreshold }
  const level = levelOf(ratio * 100, thresholds)
  // The same count again is no second look at it.
  const isSame = countedAtMs !== undefined && countedAtMs === before.counted?.atMs
  const counted = isSame || countedAtMs === undefined ? before.counted : { atMs: countedAtMs, observed: now }
  const streak = isSame ? before.pods : extendStreak(before.pods, level)
  const verdict = judgeStreak(streak, config.failureThreshold)
  const words = `${pods.value} pods of ${limits.maxPods} (maxPods${FROM[limitsFrom]})${countedMs === undefined ? '' : `, as the kubelet counted ${duration(countedMs)} ago`}`
  const message = `${value} % of the pods that this node takes run, limit ${namedLimit(verdict, thresholds, level)} %${lasting(verdict, streak, config.failureThreshold)}: ${words}`
  const evidence = { value, unit: '%', ...thresholds, lowIsBad: false, label: 'pods', detail: '', metric: PODS_USED }
  const finding = judgedFinding({
    ...{ type, verdict, healthyReason: 'RoomForPods', message, evidence },
    summary: `${pods.value} of ${limits.maxPods} pods run on this node`,
  })
  const observed = countedAtMs === undefined ? undefined : counted?.observed
  const metrics = [{ name: PODS_USED, labels: {}, value: ratio }]
  return { streak, counted, finding: { ...finding, observed }, metrics }
}

function amount(signal: string, value: number): string {
  return signal.endsWith('inodesFree') ? `${Math.round(value).toLocaleString('en-US')} inodes` : bytes(value)
}

/** From the limit on it is over it: so little is left above the threshold, in percent of the whole. */
function levelLeft(leftPercent: number, { nearPercent, imminentPercent }: Config): Level {
  const exact = Number(leftPercent.toPrecision(12))
  if (exact <= imminentPercent) return 'critical'
  return exact <= nearPercent ? 'warning' : 'ok'
}

interface Signal {
  readonly signal: string
  readonly text: string
  readonly threshold: number
  readonly room: Room
}

function judgeSignal({ signal, text, threshold, room }: Signal, config: Config, before: Streak) {
  const { whole, left } = room
  const leftPercent = ((left - threshold) / whole) * 100
  const level = levelLeft(leftPercent, config)
  const streak = extendStreak(before, level)
  const verdict = judgeStreak(streak, config.failureThreshold)
  const limits = { warning: config.nearPercent, critical: config.imminentPercent }
  const value = Number(leftPercent.toFixed(1))
  const ends =
    left <= threshold
      ? 'the kubelet evicts pods now'
      : `${amount(signal, left - threshold)} more in use, and the kubelet evicts pods`
  const message = `${signal}: ${short(Math.max(0, value))} % of the whole left above the threshold ${text}, limit ${namedLimit(verdict, limits, level)} %${lasting(verdict, streak, config.failureThreshold)}: ${ends}`
  const evidence = { value, unit: '%', ...limits, lowIsBad: true, label: 'left above it', detail: '', metric: '' }
  const finding = judgedFinding({
    ...{ type: 'EvictionNear', entity: `signal:${signal}`, verdict, healthyReason: 'EvictionFar', message, evidence },
    ...{ warningReason: 'EvictionNear', criticalReason: left <= threshold ? 'Evicting' : 'EvictionImminent' },
    summary:
      left <= threshold ? `the kubelet evicts pods (${signal})` : `the kubelet is near to evicting pods (${signal})`,
  })
  return { streak, finding, metric: { name: EVICTION_LEFT, labels: { signal }, value: (left - threshold) / whole } }
}

function judgeSignals(reading: CapacityReading, config: Config, before: CapacityMemory['signals']) {
  const signals = new Map<string, Streak>()
  const findings: Finding[] = []
  const metrics: MetricSample[] = []
  for (const [signal, room] of reading.rooms) {
    const text = reading.limits.evictionHard[signal]
    if (text === undefined) continue
    if (!room.ok || reading.limitsFrom === 'unknown') {
      findings.push(unknownFinding('EvictionNear', room.ok ? NOT_KNOWN : room, `signal:${signal}`))
      continue
    }
    const threshold = thresholdOf(text, room.value.whole)
    if (threshold === undefined || room.value.whole <= 0) continue
    const judged = judgeSignal({ signal, text, threshold, room: room.value }, config, before.get(signal) ?? NO_STREAK)
    signals.set(signal, judged.streak)
    findings.push(judged.finding)
    metrics.push(judged.metric)
  }
  return { signals, findings, metrics }
}

/** Of a file system that cannot be looked at the inodes are as unknown as its space, where it has any. */
function unseenInodes({ rooms }: CapacityReading, told: readonly ConditionKey[]): readonly Finding[] {
  return told.flatMap(({ type, entity }) => {
    const [, filesystem = ''] = /^signal:(.+)\.inodesFree$/.exec(entity) ?? []
    const room = rooms.get(`${filesystem}.available`)
    return room?.ok === false ? [unknownFinding(type, room, entity)] : []
  })
}

/** Judges one look. @param reading undefined: this machine is no node @param now when the look began, by the wall clock */
export function evaluateCapacity(
  reading: CapacityReading | undefined,
  config: Config,
  before: CapacityMemory,
  now: Date,
): CapacityVerdict {
  if (reading === undefined) return { memory: FIRST_CAPACITY, findings: [], metrics: [], withdrawn: before.told }
  const pods = judgePods(reading, config, before, now)
  const eviction = judgeSignals(reading, config, before.signals)
  const findings = [pods.finding, ...eviction.findings, ...unseenInodes(reading, before.told)]
  const told = findings.map(keyOf)
  const named = new Set(told.map(({ type, entity }) => `${type} ${entity}`))
  return {
    memory: {
      ...{ pods: pods.streak, counted: pods.counted, signals: eviction.signals },
      ...{ imageFolder: reading.imageFolder, told },
    },
    findings,
    metrics: [...pods.metrics, ...eviction.metrics],
    withdrawn: before.told.filter(({ type, entity }) => !named.has(`${type} ${entity}`)),
  }
}
