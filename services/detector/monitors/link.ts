/**
 * The detector's side of one monitor: connects, asks who it is, watches or polls it, says when it is lost, and never
 * gives up. Watch is tried first; a monitor that does not know it is polled by CheckHealth.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PersonsWord } from '#model'
import { isMisconduct, isUnimplemented, type MonitorChannel } from './channel.ts'
import { expectedDeclaration, type KnownMonitor } from './declare.ts'
import { pollMonitor } from './poll.ts'
import { type LinkOptions, LOST_AFTER_MS, type Session } from './session.ts'
import { MonitorSilentError, watchMonitor } from './watch.ts'

const DESCRIBE_TIMEOUT_MS = 5000
const BACKOFF_MS = { min: 100, max: 5000 } as const

export interface MonitorLink {
  readonly known: KnownMonitor
  /** Runs one check now, or all. Rejects when the monitor is not connected. */
  check(check: string, timeoutMs: number): ReturnType<MonitorChannel['check']>
  /** Hands a person's word down to a monitor that streams; one that is polled has no ear for it. */
  clear(word: PersonsWord): void
  /** Ends when the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>
}

function text(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

export function createMonitorLink(options: LinkOptions): MonitorLink {
  const { known, engine, log, monotonicMs } = options
  let current: MonitorChannel | undefined
  let tellCurrent: ((word: PersonsWord) => void) | undefined
  let aliveMs = monotonicMs()
  let lostAfterMs = LOST_AFTER_MS
  let isLost = false
  let reason = 'it has not answered yet'

  function alive(): void {
    aliveMs = monotonicMs()
    if (isLost) log.info('monitor answers again', { monitor: known.name })
    isLost = false
  }

  function judge(): void {
    if (monotonicMs() - aliveMs >= lostAfterMs) lose()
  }

  function lose(): void {
    if (isLost) return
    isLost = true
    log.warn('monitor is lost', { monitor: known.name, reason })
    engine.take({ kind: 'lost', monitor: known.name, reason })
  }

  /** What it sent cannot be taken: too large, or no message of the protocol. */
  function misconduct(): void {
    engine.event({
      reason: 'MonitorMisbehaves',
      severity: 'warning',
      entity: `monitor:${known.name}`,
      message: `monitor ${known.name} was cut off: ${reason}`,
    })
  }

  async function session(signal: AbortSignal): Promise<void> {
    const channel = options.open(known.socket)
    current = channel
    const talk: Session = {
      channel,
      signal,
      alive,
      lostAfter: (ms) => {
        lostAfterMs = ms
      },
      tellBy: (tell) => {
        tellCurrent = tell
      },
      failed: (why) => {
        reason = why
      },
    }
    try {
      const described = await channel.describe(DESCRIBE_TIMEOUT_MS).catch((err: unknown) => {
        if (isUnimplemented(err)) return undefined
        throw err
      })
      if (described === undefined) await pollMonitor(talk, options)
      else await watchMonitor(talk, described, options)
    } finally {
      current = undefined
      tellCurrent = undefined
      channel.close()
    }
  }

  return {
    known,
    check(check, timeoutMs) {
      if (current === undefined) return Promise.reject(new Error(`monitor ${known.name} is not connected: ${reason}`))
      return current.check(check, timeoutMs)
    },
    clear: (word) => tellCurrent?.(word),
    async run(signal) {
      engine.take({ kind: 'expected', declaration: expectedDeclaration(known) })
      const watchdog = setInterval(judge, 1000)
      let failures = 0
      while (!signal.aborted) {
        const beganMs = monotonicMs()
        try {
          await session(signal)
          reason = 'it ended its stream'
        } catch (err) {
          if (signal.aborted) break
          reason = text(err)
          log.debug('monitor session ended', { monitor: known.name, err })
          engine.take({ kind: 'troubled', monitor: known.name, reason })
          if (err instanceof MonitorSilentError) lose()
          else if (isMisconduct(err)) misconduct()
        }
        failures = monotonicMs() - beganMs > LOST_AFTER_MS ? 0 : failures + 1
        const mostMs = Math.min(BACKOFF_MS.max, BACKOFF_MS.min * 2 ** failures)
        await sleep(BACKOFF_MS.min + Math.random() * mostMs, undefined, { signal }).catch(() => undefined)
      }
      clearInterval(watchdog)
    },
  }
}
