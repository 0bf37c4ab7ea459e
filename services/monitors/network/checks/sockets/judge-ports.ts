/** Whether there are local ports left for further connections. Pure. */
import type { MetricSample } from '#model'
import type { Finding } from '#monitor-kit'
import {
  judgedFinding,
  judgeLevel,
  levelOf,
  namedLimit,
  percent,
  percentValue,
  type Reading,
  short,
  unknownFinding,
} from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import type { PortUse } from './source.ts'

/** What is said of one condition. */
export interface Judged {
  readonly finding: Finding
  readonly metrics: readonly MetricSample[]
}

/** Each place has all local ports: what counts is the one to which most are taken, or UDP. */
export function judgePorts(reading: Reading<PortUse>, config: Config): Judged {
  const type = 'PortsExhausted'
  if (!reading.ok) return { finding: unknownFinding(type, reading), metrics: [] }
  const { size, busiest, udp } = reading.value
  if (size === 0) {
    const message = 'net.ipv4.ip_local_port_range has no port that is not reserved; see ip_local_reserved_ports'
    return { finding: { type, health: 'unknown', reason: 'NoPorts', message }, metrics: [] }
  }
  const limits = { warning: config.portWarningThreshold, critical: config.portCriticalThreshold }
  const tcp = busiest?.ports ?? 0
  const ratio = Math.min(1, Math.max(tcp, udp) / size)
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  const ofAll = `of ${size.toLocaleString('en-US')} local ports`
  const waiting =
    (busiest?.timeWait ?? 0) > 0 ? `, ${busiest!.timeWait.toLocaleString('en-US')} of them in TIME_WAIT` : ''
  const who =
    busiest !== undefined && tcp >= udp
      ? `${tcp.toLocaleString('en-US')} ${ofAll} taken for connections to ${busiest.place}${waiting}`
      : `${udp.toLocaleString('en-US')} ${ofAll} taken by UDP`
  const toDo =
    verdict === 'healthy' ? '' : '; see who opens so many, keep connections open, or widen net.ipv4.ip_local_port_range'
  const finding = judgedFinding({
    type,
    verdict,
    healthyReason: 'EnoughPorts',
    message: `${who} (${percent(ratio)}), limit ${short(namedLimit(verdict, limits))} %${toDo}`,
    summary:
      tcp >= udp && busiest !== undefined
        ? `${percent(ratio, 0)} of the local ports are taken for connections to ${busiest.place}`
        : `${percent(ratio, 0)} of the local ports are taken by UDP`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of the local ports taken',
      detail: `${who}.`,
      metric: 'local_ports_used_ratio',
    },
  })
  return { finding, metrics: [{ name: 'local_ports_used_ratio', labels: {}, value: ratio }] }
}
