/** When a file system will be full, going by what it lost lately. Pure. */
import { bytes, short } from '#monitor-kit/evaluate'

export interface SpaceSample {
  readonly monoMs: number
  readonly availableBytes: number
}

/** How far back the loss is measured: long enough to see past a single large file. */
const WINDOW_MS = 15 * 60_000
/** Below that, two samples say nothing about the time ahead. */
const MIN_SPAN_MS = 45_000
const MAX_SAMPLES = 64

/** Adds a sample and drops those that are too old; a wider spacing keeps a short interval's window bounded. */
export function addSample(samples: readonly SpaceSample[], sample: SpaceSample): readonly SpaceSample[] {
  const fresh = samples.filter(({ monoMs }) => monoMs >= sample.monoMs - WINDOW_MS && monoMs < sample.monoMs)
  const kept = fresh.length < MAX_SAMPLES ? fresh : fresh.filter((_, index) => index % 2 === 0)
  return [...kept, sample]
}

/** Bytes a millisecond that are lost; undefined when it grows emptier, stays as it is, or too little is known. */
function lossRate(samples: readonly SpaceSample[]): number | undefined {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.monoMs - first.monoMs < MIN_SPAN_MS) return undefined
  const rate = (first.availableBytes - last.availableBytes) / (last.monoMs - first.monoMs)
  return rate > 0 ? rate : undefined
}

const HOUR_MS = 3_600_000

const MINUTE_MS = 60_000
const GIB = 1_073_741_824

/** To the minute, UTC. */
function clockTime(ms: number): string {
  return new Date(Math.round(ms / MINUTE_MS) * MINUTE_MS).toISOString().slice(11, 16)
}

/** From a tenth of a GiB on in GiB, so that a rate reads in the unit of the space beside it. */
function rateText(value: number): string {
  return value >= GIB / 10 ? `${short(value / GIB)} GiB` : bytes(value)
}

/**
 * "at 0.6 GiB a minute full at about 03:27" (UTC), "at 1.2 GiB an hour full in about 2 days"; "" when that is further off
 * than three days, or nothing is lost.
 */
export function forecast(samples: readonly SpaceSample[], now: Date): string {
  const rate = lossRate(samples)
  const last = samples.at(-1)
  if (rate === undefined || last === undefined) return ''
  const leftMs = last.availableBytes / rate
  if (leftMs > 72 * HOUR_MS) return ''
  if (leftMs <= 2 * HOUR_MS) {
    return `at ${rateText(rate * MINUTE_MS)} a minute full at about ${clockTime(now.getTime() + leftMs)}`
  }
  const hourly = `at ${rateText(rate * HOUR_MS)} an hour`
  if (leftMs <= 12 * HOUR_MS) return `${hourly} full at about ${clockTime(now.getTime() + leftMs)}`
  const hours = Math.round(leftMs / HOUR_MS)
  return `${hourly} full in about ${hours < 36 ? `${hours} hours` : `${Math.round(hours / 24)} days`}`
}
