/** The machine's values of the scenes, as functions of time, so that every range of the history shows the same night. */
import type { SeriesView } from '#view'
import { NOW } from './facts.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE

/** The same pseudo-random number in [0, 1) for the same integer, always. */
function noise(seed: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

/** Noise that wanders over `period` seconds, -1 to 1. */
function wander(timeS: number, period: number, seed: number): number {
  const at = timeS / period
  const step = Math.floor(at)
  const share = at - step
  const smooth = share * share * (3 - 2 * share)
  const a = noise(step * 7919 + seed)
  const b = noise((step + 1) * 7919 + seed)
  return (a + (b - a) * smooth) * 2 - 1
}

/** A bump of height 1 around a moment, in seconds before the scene's now. */
function bump(before: number, agoS: number, widthS: number): number {
  return Math.exp(-(((before - agoS) / widthS) ** 2))
}

/** A value by the seconds before the scene's now. */
type Value = (before: number, timeS: number) => number

function varUsed(before: number): number {
  // Fills for hours, is cleaned up 26 minutes ago, fills again faster.
  if (before > 26 * MINUTE)
    return before > 50 * MINUTE ? 84 - (before - 50 * MINUTE) / 1500 : 95.9 - (before - 26 * MINUTE) / 121
  return Math.min(96.2, 78.8 + (26 * MINUTE - before) / 84)
}

export interface Curve {
  readonly key: string
  readonly title: string
  readonly unit: string
  readonly max?: number
  readonly limit?: number
  readonly value: Value
}

/** The kubelet's answers take longer and longer. */
function kubeletSeconds(before: number, timeS: number): number {
  return 0.02 + 0.01 * wander(timeS, 40, 5) + 1.1 * bump(before, 27 * MINUTE, 90) + 1.62 * bump(before, 0, 260)
}

export const VAR_USED = 'disk_used_ratio{mount="/var"}'
export const KUBELET_SECONDS = 'kubelet_answer_seconds'

export function curves(trouble: boolean): readonly Curve[] {
  const sick = trouble ? 1 : 0
  return [
    {
      key: 'cpu_load_per_core',
      title: 'Load per core',
      unit: '',
      limit: 1.5,
      value: (before, t) =>
        0.62 + 0.16 * wander(t, 1400, 1) + 0.05 * wander(t, 90, 2) + 0.3 * bump(before, 5.2 * HOUR, 900),
    },
    {
      key: 'memory_available_bytes',
      title: 'Memory available',
      unit: 'GiB',
      max: 125.6,
      limit: 6.3,
      value: (_, t) => 66 + 7 * wander(t, 9000, 3) + 1.4 * wander(t, 240, 4),
    },
    {
      key: 'pressure_cpu_waiting_ratio',
      title: 'Waiting for CPU',
      unit: '%',
      max: 100,
      value: (_, t) => Math.max(0, 3.2 + 2.4 * wander(t, 1600, 6) + wander(t, 100, 7)),
    },
    {
      key: 'pressure_memory_waiting_ratio',
      title: 'Waiting for memory',
      unit: '%',
      max: 100,
      value: (_, t) => Math.max(0, 0.3 * wander(t, 500, 8)),
    },
    {
      key: 'pressure_io_waiting_ratio',
      title: 'Waiting for I/O',
      unit: '%',
      max: 100,
      value: (before, t) =>
        Math.max(
          0,
          4 + 2 * wander(t, 700, 9) + 34 * sick * bump(before, 0, 700) + 22 * sick * bump(before, 31 * MINUTE, 300),
        ),
    },
    {
      key: VAR_USED,
      title: '/var used',
      unit: '%',
      max: 100,
      limit: 95,
      value: (before) => (trouble ? varUsed(before) : 70.4 + (12 * HOUR - before) / 6200),
    },
    {
      key: 'disk_used_ratio{mount="/data"}',
      title: '/data used',
      unit: '%',
      max: 100,
      limit: 95,
      value: (_, t) => 63.2 + 0.4 * wander(t, 20_000, 10),
    },
    {
      key: 'disk_busy_ratio{device="nvme0n1"}',
      title: 'nvme0n1 busy',
      unit: '%',
      max: 100,
      value: (before, t) =>
        Math.max(0, 16 + 9 * wander(t, 900, 11) + 5 * wander(t, 90, 12) + 46 * sick * bump(before, 0, 600)),
    },
    {
      key: 'network_received_bytes_per_second{interface="eth0"}',
      title: 'eth0 in',
      unit: 'MiB/s',
      value: (_, t) => 340 + 150 * wander(t, 2600, 13) + 40 * wander(t, 120, 14),
    },
    {
      key: 'network_sent_bytes_per_second{interface="eth0"}',
      title: 'eth0 out',
      unit: 'MiB/s',
      value: (_, t) => 170 + 60 * wander(t, 2100, 15) + 20 * wander(t, 120, 16),
    },
    {
      key: KUBELET_SECONDS,
      title: '',
      unit: 's',
      value: (before, t) => (trouble ? kubeletSeconds(before, t) : 0.02 + 0.01 * wander(t, 40, 5)),
    },
  ]
}

function rounded(value: number): number {
  return Number(value.toPrecision(5))
}

/** Values now, as a message of samples carries them. */
export function samplesAt(all: readonly Curve[], timeMs: number): Record<string, number> {
  const before = (NOW.getTime() - timeMs) / 1000
  return Object.fromEntries(all.map(({ key, value }) => [key, rounded(value(before, timeMs / 1000))]))
}

export interface Times {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  /** Spans without any value. */
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[]
}

export function series(all: readonly Curve[], { fromMs, toMs, stepMs, gaps }: Times): SeriesView[] {
  return all.map(({ value, ...rest }) => {
    const points: [number, number | null][] = []
    for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= toMs; at += stepMs) {
      const dark = gaps.some((gap) => gap.fromMs <= at && at <= gap.toMs)
      const before = (NOW.getTime() - at) / 1000
      points.push([at / 1000, dark ? null : rounded(value(before, at / 1000))])
    }
    return { min: 0, ...rest, points }
  })
}
