/** What a reading of the sockets says. Pure. */
import { type ConditionKey, type MetricSample, seriesKey } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import {
  extendStreak,
  growth,
  judgedFinding,
  judgeLevel,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  percent,
  percentValue,
  plural,
  type Reading,
  type Streak,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { NOTHING_TOLD, type Telling, tellGrowth } from '../../counting/telling.ts'
import type { Config } from './config.ts'
import { type Judged, judgePorts } from './judge-ports.ts'
import type { SocketCounts } from './parse.ts'
import type { SocketsReading, TcpCounters } from './source.ts'

/** What one check keeps for the next. */
export interface SocketsMemory {
  readonly tcp?: TcpCounters | undefined
  readonly retransmits: Streak
  readonly overflows?: number | undefined
  readonly drops?: number | undefined
  readonly overflowsTold: Telling
  readonly dropsTold: Telling
}

export const FIRST_SOCKETS: SocketsMemory = {
  retransmits: NO_STREAK,
  overflowsTold: NOTHING_TOLD,
  dropsTold: NOTHING_TOLD,
}

export interface SocketsVerdict {
  readonly memory: SocketsMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  /** Why a counter could not be read, while the rest could. */
  readonly incomplete?: string
}

/** Fewer segments than that between two looks do not tell how good the network is. */
const SEGMENTS_MIN = 1_000

function judgeMemory({ counts, maxPages }: SocketsReading, config: Config): Judged {
  const type = 'SocketMemoryHigh'
  if (!counts.ok) return { finding: unknownFinding(type, counts), metrics: [] }
  if (!maxPages.ok) return { finding: unknownFinding(type, maxPages), metrics: [] }
  if (maxPages.value === undefined) {
    const message =
      'no limit is told here: net.ipv4.tcp_mem is of the machine, and this node is in a network of its own'
    return { finding: { type, health: 'healthy', reason: 'NoLimit', message }, metrics: [] }
  }
  const limits = { warning: config.memoryWarningThreshold, critical: config.memoryCriticalThreshold }
  const uses = [
    { protocol: 'tcp', name: 'TCP', pages: counts.value.tcpPages, max: maxPages.value.tcp },
    { protocol: 'udp', name: 'UDP', pages: counts.value.udpPages, max: maxPages.value.udp },
  ].map((use) => ({ ...use, ratio: use.pages / use.max }))
  const { protocol, name, pages, max, ratio } = uses.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  const ofAll = `${pages.toLocaleString('en-US')} of ${plural(max, 'page')} of memory`
  const toDo =
    verdict === 'healthy' ? '' : `; see whose sockets are not read (ss -m), or raise net.ipv4.${protocol}_mem`
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'EnoughSocketMemory',
    message: `${name} has ${ofAll} (${percent(ratio)}), limit ${short(namedLimit(verdict, limits))} %${toDo}`,
    summary: `${name} has ${percent(ratio, 0)} of the memory that it may have`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: `of the memory of ${name} used`,
      detail: `${ofAll}.`,
      metric: seriesKey('socket_memory_used_ratio', { protocol }),
    },
  })
  const metrics = uses.map((use) => ({
    name: 'socket_memory_used_ratio',
    labels: { protocol: use.protocol },
    value: use.ratio,
  }))
  return { finding, metrics }
}

function judgeRetransmits(reading: Reading<TcpCounters>, config: Config, memory: SocketsMemory) {
  const type = 'RetransmitsHigh'
  if (!reading.ok) {
    return { finding: unknownFinding(type, reading), metrics: [], tcp: memory.tcp, retransmits: NO_STREAK }
  }
  const tcp = reading.value
  const sent = growth(memory.tcp?.sent, tcp.sent)
  const repeated = growth(memory.tcp?.retransmitted, tcp.retransmitted)
  if (sent === undefined || repeated === undefined) {
    const message = 'how many segments are sent again shows at the next check'
    const finding: Finding = { type, health: 'healthy', pending: true, reason: 'FirstLook', message }
    return { finding, metrics: [], tcp, retransmits: memory.retransmits }
  }
  const limits = { warning: config.retransmitWarningThreshold, critical: config.retransmitCriticalThreshold }
  // Who does not answer at all loses no packets on the way: that is told of whom the node asks, and would be a second problem of it.
  const again = Math.max(0, repeated - (growth(memory.tcp?.unanswered, tcp.unanswered) ?? 0))
  // OutSegs is without those that are sent again (RFC 4022).
  const all = sent + again
  const ratio = all === 0 ? 0 : again / all
  const level = all < SEGMENTS_MIN ? 'ok' : levelOf(ratio * 100, limits)
  const retransmits = extendStreak(memory.retransmits, level)
  const needed = config.sustainedRetransmitChecks
  const verdict = judgeStreak(retransmits, needed)
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'FewRetransmits',
    message: `${again.toLocaleString('en-US')} of ${plural(all, 'segment')} sent again (${percent(ratio)}), limit ${short(namedLimit(verdict, limits, level))} %${lasting(verdict, retransmits, needed)}`,
    summary: `${percent(ratio, 0)} of the TCP segments are sent again: packets get lost`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of the segments sent again',
      detail: `${again.toLocaleString('en-US')} of ${plural(all, 'segment')} since the last check.`,
      metric: 'tcp_retransmits_ratio',
    },
  })
  return { finding, metrics: [{ name: 'tcp_retransmits_ratio', labels: {}, value: ratio }], tcp, retransmits }
}

function judgeCounter(before: number | undefined, now: Reading<number>, telling: Telling, monoMs: number) {
  if (!now.ok) return { value: before, telling, told: 0 }
  return { value: now.value, ...tellGrowth(telling, growth(before, now.value), monoMs) }
}

function happenings(overflows: number, drops: number): readonly Happening[] {
  const warning = { severity: 'warning' } as const
  const overflow = `${plural(overflows, 'connection')} refused or delayed: the queue of a listening socket was full; see which (ss -ltn, Recv-Q at its Send-Q): its program does not keep up, or net.core.somaxconn is too low`
  const drop = `${plural(drops, 'packet')} dropped: a processor had no room for them; see net.core.netdev_max_backlog, and whether one processor takes all interrupts`
  return [
    ...(overflows === 0 ? [] : [{ ...warning, reason: 'ListenQueueOverflow', message: overflow, count: overflows }]),
    ...(drops === 0 ? [] : [{ ...warning, reason: 'PacketsDropped', message: drop, count: drops }]),
  ]
}

function counterMetrics({ counts, overflows, drops }: SocketsReading): readonly MetricSample[] {
  const sockets = ({ tcp, timeWait, udp }: SocketCounts) =>
    (
      [
        ['tcp', tcp],
        ['tcp_time_wait', timeWait],
        ['udp', udp],
      ] as const
    ).map(([kind, value]) => ({
      name: 'sockets_in_use',
      labels: { kind },
      value,
    }))
  return [
    ...(counts.ok ? sockets(counts.value) : []),
    ...(overflows.ok ? [{ name: 'tcp_listen_overflows_total', labels: {}, value: overflows.value }] : []),
    ...(drops.ok ? [{ name: 'softnet_dropped_total', labels: {}, value: drops.value }] : []),
  ]
}

export function evaluateSockets(
  reading: SocketsReading,
  config: Config,
  memory: SocketsMemory,
  monoMs: number,
): SocketsVerdict {
  const ports = judgePorts(reading.ports, config)
  const space = judgeMemory(reading, config)
  const sent = judgeRetransmits(reading.tcp, config, memory)
  const overflows = judgeCounter(memory.overflows, reading.overflows, memory.overflowsTold, monoMs)
  const drops = judgeCounter(memory.drops, reading.drops, memory.dropsTold, monoMs)
  const unread = [reading.overflows, reading.drops].flatMap((one) => (one.ok ? [] : [one.message]))
  return {
    memory: {
      tcp: sent.tcp,
      retransmits: sent.retransmits,
      overflows: overflows.value,
      // Of processors that are offline nothing is counted until they are back.
      drops: drops.value === undefined ? undefined : Math.max(drops.value, memory.drops ?? 0),
      overflowsTold: overflows.telling,
      dropsTold: drops.telling,
    },
    findings: [ports.finding, space.finding, sent.finding],
    events: happenings(overflows.told, drops.told),
    metrics: [...ports.metrics, ...space.metrics, ...sent.metrics, ...counterMetrics(reading)],
    ...(unread.length === 0 ? {} : { incomplete: unread.join('; ') }),
  }
}

/** A person's word: what must last is counted anew. */
export function clearSockets(memory: SocketsMemory, { type }: ConditionKey): SocketsMemory {
  return type === 'RetransmitsHigh' ? { ...memory, retransmits: NO_STREAK } : memory
}

/** Counters as an earlier process of this boot saw them, so that what happened between the two is told. */
export function recallSockets(facts: unknown): SocketsMemory {
  const { overflows, drops } = (facts ?? {}) as Record<string, unknown>
  const number = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : undefined)
  return { ...FIRST_SOCKETS, overflows: number(overflows), drops: number(drops) }
}
