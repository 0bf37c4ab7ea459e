/** Carrier, errors and speed of one link. Pure. */
import { type MetricSample, seriesKey } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import {
  extendStreak,
  growth,
  judgedFinding,
  judgeStreak,
  type Level,
  lasting,
  levelOf,
  namedLimit,
  plural,
  type Streak,
  short,
  unknownFinding,
  unobserved,
} from '#monitor-kit/evaluate'
import { tellGrowth } from '../../counting/telling.ts'
import type { Config } from './config.ts'
import { type LinkMemory, nicEntity } from './memory.ts'
import type { LinkCounters, LinkState } from './source.ts'

/** What is seen beside the link itself. */
export interface Around {
  readonly config: Config
  readonly monoMs: number
  /** No other watched link has a carrier. */
  readonly isLast: boolean
  /** It is a member of a bond that is watched: what it lacks is told of that. */
  readonly isToldByBond: boolean
}

export interface LinkVerdict {
  readonly memory: LinkMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
}

/** Fewer bad packets than that between two looks are no fault of the link. */
const BAD_MIN = 10

const TO_DO = 'see its cable, transceiver and switch port'

/** " (seen in 1 of 2 checks in a row)" while that is not often enough. */
export function seenIn({ warning }: Streak, needed: number): string {
  return warning > 0 && warning < needed ? ` (seen in ${warning} of ${needed} checks in a row)` : ''
}

function downFinding(state: LinkState, streak: Streak, { config }: Around): Finding {
  const needed = config.sustainedChecks
  const isOff = !state.isUp
  const what = isOff ? 'switched off (administratively down); set it up' : `no carrier; ${TO_DO}`
  return judgedFinding({
    type: 'LinkDown',
    entity: nicEntity(state.name),
    verdict: judgeStreak(streak, needed),
    healthyReason: 'HasCarrier',
    warningReason: isOff ? 'SwitchedOff' : 'NoCarrier',
    criticalReason: isOff ? 'SwitchedOff' : 'NoCarrier',
    message: state.hasCarrier ? 'has a carrier' : `${what}${seenIn(streak, needed)}`,
    summary: isOff ? `${state.name} is switched off` : `${state.name} has no carrier`,
  })
}

interface Traffic {
  readonly packets: number
  readonly bad: number
  readonly missed: number
}

/** What went over the link since the last look; undefined at the first one, and where a counter was reset. */
function trafficOf(before: LinkCounters | undefined, now: LinkCounters | undefined): Traffic | undefined {
  if (now === undefined) return undefined
  const grown = (key: keyof LinkCounters) => growth(before?.[key], now[key])
  const [received, sent] = [grown('receivedPackets'), grown('sentPackets')]
  const [receiveErrors, sendErrors, missed] = [grown('receiveErrors'), grown('sendErrors'), grown('missed')]
  if (received === undefined || sent === undefined) return undefined
  if (receiveErrors === undefined || sendErrors === undefined || missed === undefined) return undefined
  return { packets: received + sent, bad: receiveErrors + sendErrors + missed, missed }
}

function percentOf({ packets, bad }: Traffic): number {
  return bad === 0 ? 0 : (bad / (packets + bad)) * 100
}

function errorsFinding(name: string, traffic: Traffic, streak: Streak, level: Level, config: Config): Finding {
  const limits = { warning: config.errorWarningThreshold, critical: config.errorCriticalThreshold }
  const verdict = judgeStreak(streak, config.sustainedErrorChecks)
  const percent = percentOf(traffic)
  const all = plural(traffic.packets + traffic.bad, 'packet')
  return judgedFinding({
    type: 'LinkErrors',
    entity: nicEntity(name),
    verdict,
    healthyReason: 'FewErrors',
    message: `${traffic.bad.toLocaleString('en-US')} of ${all} bad or missed (${short(percent, 3)} %), limit ${short(namedLimit(verdict, limits, level), 3)} %${lasting(verdict, streak, config.sustainedErrorChecks)}`,
    summary: `${short(percent, 2)} % of the packets of ${name} are bad or missed`,
    evidence: {
      value: Math.round(percent * 1000) / 1000,
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of the packets bad or missed',
      detail:
        traffic.missed > 0
          ? `${plural(traffic.missed, 'packet')} of them came and were not taken in time.`
          : `Bad ones are of the link itself: ${TO_DO}.`,
      metric: '',
    },
  })
}

function judgeErrors(state: LinkState, before: LinkMemory, config: Config): { streak: Streak; finding: Finding } {
  if (state.counters === undefined) {
    const why = `cannot read the counters of ${state.name} (/sys/class/net/${state.name}/statistics)`
    const unread = unobserved('SourceMissing', why)
    return { streak: before.errors, finding: unknownFinding('LinkErrors', unread, nicEntity(state.name)) }
  }
  const traffic = trafficOf(before.counters, state.counters)
  if (traffic === undefined) {
    const message = 'how many packets are bad shows at the next check'
    const first = { health: 'healthy', pending: true, reason: 'FirstLook', message } as const
    return { streak: before.errors, finding: { type: 'LinkErrors', entity: nicEntity(state.name), ...first } }
  }
  const limits = { warning: config.errorWarningThreshold, critical: config.errorCriticalThreshold }
  const level = traffic.bad < BAD_MIN ? 'ok' : levelOf(percentOf(traffic), limits)
  const streak = extendStreak(before.errors, level)
  return { streak, finding: errorsFinding(state.name, traffic, streak, level, config) }
}

function speedWords(megabits: number): string {
  return megabits < 1000 ? `${megabits} Mbit/s` : `${short(megabits / 1000)} Gbit/s`
}

/** Held against the fastest that it was in this boot; nothing where the driver tells no speed. */
function speedFinding({ name, megabits }: LinkState, best: number | undefined): Finding | undefined {
  if (best === undefined) return undefined
  const about = { type: 'LinkSlow', entity: nicEntity(name) }
  if (megabits === undefined) {
    const message = `it ran at ${speedWords(best)}; its speed is not known without a carrier`
    return { ...about, health: 'healthy', pending: true, reason: 'SpeedNotKnown', message }
  }
  const isSlow = megabits < best
  return judgedFinding({
    ...about,
    verdict: isSlow ? 'warning' : 'healthy',
    healthyReason: 'FullSpeed',
    warningReason: 'SlowerThanBefore',
    message: isSlow
      ? `runs at ${speedWords(megabits)} and ran at ${speedWords(best)} before; ${TO_DO}`
      : `runs at ${speedWords(megabits)}`,
    summary: `${name} runs at ${speedWords(megabits)} in place of ${speedWords(best)}`,
    evidence: {
      value: megabits,
      unit: 'Mbit/s',
      warning: best,
      lowIsBad: true,
      label: 'speed',
      detail: `The fastest in this boot was ${speedWords(best)}.`,
      metric: seriesKey('network_link_speed_bits_per_second', { interface: name }),
    },
  })
}

/** How often the carrier went and was there again; that it is away now is told as LinkDown. */
function flapsOf(state: LinkState, before: LinkMemory): number {
  if (state.downs === undefined) return 0
  const lost = growth(before.downs, state.downs) ?? 0
  return Math.max(0, lost - (before.hasCarrier && !state.hasCarrier ? 1 : 0))
}

function metricsOf({ name, hasCarrier, megabits, counters }: LinkState): readonly MetricSample[] {
  const labels = { interface: name }
  const kinds = counters === undefined ? [] : (['receiveErrors', 'sendErrors', 'missed'] as const)
  const words = { receiveErrors: 'receive', sendErrors: 'send', missed: 'missed' }
  return [
    { name: 'network_link_carrier', labels, value: hasCarrier ? 1 : 0 },
    ...(megabits === undefined
      ? []
      : [{ name: 'network_link_speed_bits_per_second', labels, value: megabits * 1_000_000 }]),
    ...kinds.map((kind) => ({
      name: 'network_link_errors_total',
      labels: { ...labels, kind: words[kind] },
      value: counters![kind],
    })),
  ]
}

/** Whether it had a carrier in this boot, as far as anything tells. */
function hadCarrierOf(state: LinkState, before: LinkMemory): boolean {
  return before.hadCarrier || state.hasCarrier || (state.ups ?? 0) > 0 || (state.counters?.receivedPackets ?? 0) > 0
}

/** @param isNamed by the configuration: then it matters whatever it was */
export function judgeLink(state: LinkState, before: LinkMemory, around: Around, isNamed: boolean): LinkVerdict {
  const { name, hasCarrier, downs, counters, megabits } = state
  const hadCarrier = hadCarrierOf(state, before)
  const best = megabits === undefined ? before.best : Math.max(megabits, before.best ?? 0)
  const last = { hasCarrier, downs: downs ?? before.downs, counters: counters ?? before.counters }
  const seen = { ...before, hadCarrier, best, ...last }
  if (!isNamed && (!state.isUp || !hadCarrier)) return { memory: seen, findings: [], events: [], metrics: [] }
  const down = extendStreak(before.down, hasCarrier ? 'ok' : around.isLast ? 'critical' : 'warning')
  const errors = judgeErrors(state, before, around.config)
  const { telling, told } = tellGrowth(before.flaps, flapsOf(state, before), around.monoMs)
  const message = `${name} lost its carrier ${plural(told, 'time')} and had it again soon; ${TO_DO}`
  return {
    memory: { ...seen, down, errors: errors.streak, flaps: telling },
    findings: [
      // What a member lacks is told of its bond; of one whose bond is not to be watched it is told where it is named itself.
      ...(state.isMember && (around.isToldByBond || !isNamed) ? [] : [downFinding(state, down, around)]),
      errors.finding,
      ...[speedFinding(state, best)].filter((finding) => finding !== undefined),
    ],
    events:
      told === 0 ? [] : [{ reason: 'LinkFlapped', severity: 'warning', entity: nicEntity(name), message, count: told }],
    metrics: metricsOf(state),
  }
}
