/** From when on the lines of a log are looked at, by node-problem-detector's rule. */
import { parseDuration } from '#golang'
import type { Host } from '#host'
import { decimal, understood } from '#monitor-kit/source'

/** How far back. Durations of Go; "" is none. */
export interface StartOptions {
  readonly lookback: string
  readonly delay: string
}

/** From when on. */
export interface StartTime {
  /** When the machine was booted. */
  readonly bootTime: Date
  /** Lines before that are not looked at; one of that moment is. */
  readonly start: Date
}

function msOf(duration: string): number {
  return duration === '' ? 0 : Number(parseDuration(duration)) / 1_000_000
}

/** Whole seconds since boot, as sysinfo(2) tells them. */
async function uptimeSeconds(host: Host): Promise<number> {
  const path = '/proc/uptime'
  const text = await host.files.readText(path)
  const uptime = understood(path, text, decimal(text.trim().split(' ')[0]), '11745.48 5371.79')
  return Math.floor(uptime)
}

/** @returns computes it as of a moment; @throws DurationError for what is no duration */
export function createStartTime({ lookback, delay }: StartOptions): (host: Host, now: Date) => Promise<StartTime> {
  const [lookbackMs, delayMs] = [msOf(lookback), msOf(delay)]
  return async (host, now) => {
    const bootMs = now.getTime() - (await uptimeSeconds(host)) * 1000
    return { bootTime: new Date(bootMs), start: new Date(Math.max(bootMs + delayMs, now.getTime() - lookbackMs)) }
  }
}
