/** What a reading of the table of connections says. Pure. */
import type { MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import {
  growth,
  judgedFinding,
  judgeLevel,
  levelOf,
  namedLimit,
  percent,
  percentValue,
  plural,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { NOTHING_TOLD, type Telling, tellGrowth } from '../../counting/telling.ts'
import type { Config } from './config.ts'
import type { ConntrackReading, TableLosses, TableUse } from './source.ts'

/** What one check keeps for the next. */
export interface ConntrackMemory {
  readonly losses?: TableLosses | undefined
  readonly dropped: Telling
  readonly failed: Telling
}

export const FIRST_CONNTRACK: ConntrackMemory = { dropped: NOTHING_TOLD, failed: NOTHING_TOLD }

export interface ConntrackVerdict {
  readonly memory: ConntrackMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  /** Why losses could not be counted, while the rest could. */
  readonly incomplete?: string
}

const TYPE = 'ConntrackFull'

function useFinding({ entries, max }: TableUse, config: Config): Finding {
  const all = plural(entries, 'connection')
  // nf_conntrack_max of 0: there is no limit.
  if (max === 0) return { type: TYPE, health: 'healthy', reason: 'NoLimit', message: `${all}, and no limit is set` }
  const limits = { warning: config.warningThreshold, critical: config.criticalThreshold }
  const ratio = entries / max
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  return judgedFinding({
    type: TYPE,
    verdict,
    healthyReason: 'EnoughRoom',
    message: `${all} of ${max.toLocaleString('en-US')} tracked (${percent(ratio)}), limit ${short(namedLimit(verdict, limits))} %${verdict === 'healthy' ? '' : '; once it is full new ones are dropped: raise net.netfilter.nf_conntrack_max, or see who opens so many'}`,
    summary: `the table of connections is ${percent(ratio, 0)} full`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of the table of connections used',
      detail: `${all} of ${max.toLocaleString('en-US')}.`,
      metric: 'conntrack_used_ratio',
    },
  })
}

function metricsOf(use: TableUse | undefined, losses: TableLosses | undefined): readonly MetricSample[] {
  const metrics: MetricSample[] = []
  if (use !== undefined) metrics.push({ name: 'conntrack_entries', labels: {}, value: use.entries })
  if (use !== undefined && use.max > 0) {
    metrics.push({ name: 'conntrack_used_ratio', labels: {}, value: use.entries / use.max })
  }
  if (losses !== undefined) {
    metrics.push({ name: 'conntrack_drops_total', labels: {}, value: losses.dropped + losses.thrownOut })
    metrics.push({ name: 'conntrack_insert_failures_total', labels: {}, value: losses.insertFailed })
  }
  return metrics
}

/** What was lost for want of room: of the packets that were dropped those that lost no race. */
function lostForRoom(before: TableLosses | undefined, now: TableLosses): number {
  const grown = (key: keyof TableLosses) => growth(before?.[key], now[key]) ?? 0
  return Math.max(0, grown('dropped') - grown('insertFailed')) + grown('thrownOut')
}

function judgeLosses(now: TableLosses, before: ConntrackMemory, config: Config, monoMs: number) {
  const lost = lostForRoom(before.losses, now)
  const failed = growth(before.losses?.insertFailed, now.insertFailed) ?? 0
  const dropped = tellGrowth(before.dropped, lost, monoMs)
  const inserts = tellGrowth(before.failed, failed >= config.insertFailures ? failed : 0, monoMs)
  const event = (count: number, message: string): Happening => ({
    reason: 'ConntrackDrops',
    severity: 'warning',
    message,
    count,
  })
  return {
    dropped: dropped.telling,
    failed: inserts.telling,
    events: [
      ...(dropped.told === 0
        ? []
        : [
            event(
              dropped.told,
              `${plural(dropped.told, 'packet')} dropped, or connections thrown out, for want of room in the table of connections; raise net.netfilter.nf_conntrack_max, or see who opens so many`,
            ),
          ]),
      ...(inserts.told === 0
        ? []
        : [
            event(
              inserts.told,
              `${plural(inserts.told, 'connection')} could not be entered into the table of connections, since two packets of one raced, and a packet of each was dropped; of DNS queries a cache on the node takes that away`,
            ),
          ]),
    ],
  }
}

export function evaluateConntrack(
  { use, losses }: ConntrackReading,
  config: Config,
  memory: ConntrackMemory,
  monoMs: number,
): ConntrackVerdict {
  if (!use.ok) return { memory, findings: [unknownFinding(TYPE, use)], events: [], metrics: [] }
  const counted = losses.ok ? losses.value : undefined
  const judged = counted === undefined ? undefined : judgeLosses(counted, memory, config, monoMs)
  return {
    // A reading that failed does not forget: what happened meanwhile is told at the next one.
    memory: judged === undefined ? memory : { losses: counted, dropped: judged.dropped, failed: judged.failed },
    findings: use.value === undefined ? [] : [useFinding(use.value, config)],
    events: judged?.events ?? [],
    metrics: metricsOf(use.value, counted),
    ...(losses.ok ? {} : { incomplete: losses.message }),
  }
}

/** Counters as an earlier process of this boot saw them, so that what happened between the two is told; nothing where they make no sense. */
export function recallConntrack(facts: unknown): ConntrackMemory {
  const { dropped, thrownOut, insertFailed } = (facts ?? {}) as Record<string, unknown>
  const counters = [dropped, thrownOut, insertFailed].filter((one): one is number => Number.isSafeInteger(one))
  if (counters.length < 3) return FIRST_CONNTRACK
  return { ...FIRST_CONNTRACK, losses: { dropped: counters[0]!, thrownOut: counters[1]!, insertFailed: counters[2]! } }
}
