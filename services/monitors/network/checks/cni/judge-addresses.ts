/** How many of the addresses for pods are taken. Pure. */
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
import { takenOf } from './pools.ts'
import type { LeaseReading } from './source.ts'

const TYPE = 'PodAddressesLow'

/** Of a pool how much is taken. */
interface Use {
  /** "10.244.1.0/24" */
  readonly name: string
  readonly folder: string
  readonly taken: number
  readonly size: bigint
  readonly ratio: number
}

function usesOf({ folder, pools, taken }: LeaseReading): readonly Use[] {
  return pools.map((pool) => {
    const count = takenOf(pool, taken)
    // A pool of no address at all is a full one.
    const ratio = pool.size > 0n ? Number(BigInt(count)) / Number(pool.size) : 1
    return { name: pool.name, folder, taken: count, size: pool.size, ratio }
  })
}

function findingOf({ name, folder, taken, size, ratio }: Use, config: Config): Finding {
  const limits = { warning: config.addressWarningThreshold, critical: config.addressCriticalThreshold }
  const verdict = judgeLevel(levelOf(ratio * 100, limits))
  const all = `${taken.toLocaleString('en-US')} of ${size.toLocaleString('en-US')} addresses of ${name}`
  const advice = `; once all are, new pods get none: see whether ${folder} has more files than there are pods, or give the node a larger range`
  return judgedFinding({
    type: TYPE,
    verdict,
    healthyReason: 'EnoughAddresses',
    message: `${all} taken (${percent(ratio)}), limit ${short(namedLimit(verdict, limits))} %${verdict === 'healthy' ? '' : advice}`,
    summary: `${percent(ratio, 0)} of the addresses for pods are taken (${name})`,
    evidence: {
      value: percentValue(ratio),
      unit: '%',
      ...limits,
      lowIsBad: false,
      label: 'of the addresses for pods taken',
      detail: `${all}.`,
      metric: 'network_pod_addresses_used_ratio',
    },
  })
}

function metricsOf({ name: range, taken, ratio }: Use): readonly MetricSample[] {
  return [
    { name: 'network_pod_addresses_taken', labels: { range }, value: taken },
    { name: 'network_pod_addresses_used_ratio', labels: { range }, value: ratio },
  ]
}

/** The fullest of all pools; no finding where host-local gives out none. */
export function judgeAddresses(
  leases: readonly Reading<LeaseReading>[],
  config: Config,
): { readonly findings: readonly Finding[]; readonly metrics: readonly MetricSample[] } {
  const uses = leases.flatMap((lease) => (lease.ok ? usesOf(lease.value) : []))
  const metrics = uses.flatMap(metricsOf)
  const [fullest] = uses.toSorted((a, b) => b.ratio - a.ratio)
  const finding = fullest === undefined ? undefined : findingOf(fullest, config)
  const unread = leases.find((lease) => !lease.ok)
  // What is seen to be full is, whatever is not seen beside it.
  if (unread !== undefined && !unread.ok && finding?.health !== 'problem') {
    return { findings: [unknownFinding(TYPE, unread)], metrics }
  }
  return { findings: finding === undefined ? [] : [finding], metrics }
}
