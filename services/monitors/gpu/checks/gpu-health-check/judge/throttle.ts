/** 20, 21, 43: what slows a GPU down. Pure. */
import { percent } from '#monitor-kit/evaluate'
import { failedIn, type Said } from '../../../judging/said.ts'
import { type GpuRow, numberIn, textIn, valueIn } from '../../../smi/rows.ts'
import type { GpuFacts } from '../memory.ts'
import type { GpuLook, Judged } from './look.ts'

const NEEDED = 2
/** Part of the time between two looks. */
const SHARE_MAX = 0.1
/** Part of the clock that equally busy peers have. */
const DRIFT_MIN = 0.85
const BUSY_PERCENT = 90

/** Reasons by the words that people read; hardware first. */
const REASONS = [
  ['clocks_event_reasons.hw_thermal_slowdown', 'heat (hardware)', 'error'],
  ['clocks_event_reasons.hw_power_brake_slowdown', 'the power brake of the machine', 'error'],
  ['clocks_event_reasons.hw_slowdown', 'hardware', 'error'],
  ['clocks_event_reasons.sw_thermal_slowdown', 'heat (driver)', 'warning'],
] as const

const COUNTERS = [
  ['clocks_event_reasons_counters.hw_thermal_slowdown', 'heat (hardware)', 'error'],
  ['clocks_event_reasons_counters.hw_power_brake_slowdown', 'the power brake of the machine', 'error'],
  ['clocks_event_reasons_counters.sw_thermal_slowdown', 'heat (driver)', 'warning'],
] as const

/** GPUs of laptops, which are braked while they run from the battery. */
const MOBILE = /\b(?:Laptop|Max-Q|Mobile)\b/i
const BRAKE = 'power_brake'

/** How bad it is: what a laptop does on its battery is only told, and nobody has to do anything. */
function weighed(row: GpuRow, key: string, severity: 'error' | 'warning') {
  const isOfBattery = key.includes(BRAKE) && MOBILE.test(row.name)
  return isOfBattery ? ({ severity: 'warning' } as const) : ({ severity, action: 'contact-support' } as const)
}

function reasons(row: GpuRow): Said | undefined {
  const id = 'throttle'
  const active = REASONS.find(([key]) => textIn(row, key) === 'Active')
  if (active !== undefined) {
    const [key, by, severity] = active
    const words = { reason: 'ClocksSlowedDown', message: `slowed down by ${by}`, summary: `slowed down by ${by}` }
    return { id, level: 'bad', needed: NEEDED, ...weighed(row, key, severity), ...words }
  }
  const failed = REASONS.map(([key]) => failedIn(id, key, valueIn(row, key))).find((one) => one !== undefined)
  const isSeen = REASONS.some(([key]) => textIn(row, key) !== undefined)
  return failed ?? (isSeen ? { id, level: 'ok', message: 'nothing slows it down' } : undefined)
}

function countersIn(row: GpuRow): Record<string, number> {
  const read = COUNTERS.map(([key]) => [key, numberIn(row, key)] as const)
  return Object.fromEntries(read.filter((one): one is readonly [(typeof one)[0], number] => one[1] !== undefined))
}

function counters({ row, nowMs }: GpuLook, before: GpuFacts): Judged {
  const id = 'throttle-time'
  const us = countersIn(row)
  if (Object.keys(us).length === 0)
    return { says: [COUNTERS.map(([key]) => failedIn(id, key, valueIn(row, key))).find((one) => one !== undefined)] }
  const facts = { counters: { atMs: nowMs, us } }
  const last = before.counters
  const passedMs = last === undefined ? 0 : nowMs - last.atMs
  if (last === undefined || passedMs <= 0) return { says: [], facts }
  const shares = COUNTERS.map(([key, by, severity]) => {
    const [was, now] = [last.us[key], us[key]]
    // One that went back was counted anew.
    const more = was === undefined || now === undefined || now < was ? 0 : now - was
    return { key, by, severity, share: Math.min(1, more / 1000 / passedMs) }
  })
  const worst = shares.find(({ share }) => share > SHARE_MAX)
  if (worst === undefined) return { says: [{ id, level: 'ok', message: 'nothing did between two looks' }], facts }
  const { key, by, severity, share } = worst
  const message = `slowed down by ${by} for ${percent(share)} of the time since the last look, limit ${percent(SHARE_MAX)}`
  const words = { reason: 'ClocksWereSlowedDown', message, summary: `slowed down by ${by}` }
  return { says: [{ id, level: 'bad', ...weighed(row, key, severity), ...words }], facts }
}

function isBusy(row: GpuRow): boolean {
  return (numberIn(row, 'utilization.gpu') ?? 0) >= BUSY_PERCENT
}

/** A reason that it gives itself, of whatever kind. */
function hasReason(row: GpuRow): boolean {
  const keys = [...REASONS.map(([key]) => key), 'clocks_event_reasons.sw_power_cap']
  return keys.some((key) => textIn(row, key) === 'Active')
}

function drift({ row, all }: GpuLook): Said | undefined {
  const id = 'clock-drift'
  const own = numberIn(row, 'clocks.current.sm')
  const peers = all.filter((one) => one.place !== row.place && one.name === row.name && isBusy(one))
  const clocks = peers.map((one) => numberIn(one, 'clocks.current.sm')).filter((one) => one !== undefined)
  if (own === undefined || clocks.length === 0 || !isBusy(row)) return undefined
  const usual = clocks.toSorted((a, b) => a - b)[Math.floor(clocks.length / 2)] as number
  if (own >= usual * DRIFT_MIN || hasReason(row)) return { id, level: 'ok', message: 'as fast as its peers' }
  const message = `${own} MHz, and peers that are as busy have ${usual} MHz; it gives no reason`
  const words = { reason: 'SlowerThanPeers', message, summary: 'slower than its peers' }
  return { id, level: 'bad', severity: 'warning', action: 'contact-support', needed: NEEDED, ...words }
}

/** All of them. */
export function judgeThrottle(look: GpuLook, before: GpuFacts): Judged {
  const { says, facts } = counters(look, before)
  return { says: [reasons(look.row), ...says, drift(look)], ...(facts && { facts }) }
}
