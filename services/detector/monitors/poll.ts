/** A monitor that is polled (npd.external.v1): CheckHealth at its interval, its socket tried in between. */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import { declarationOfMetadata } from './declare.ts'
import { reportOf } from './npd-report.ts'
import { type LinkOptions, LOST_AFTER_MS, type Session } from './session.ts'

/** Failed answers in a row that end the session (and make a new connection). */
const FAILURES_MAX = 3
/** How often the socket is tried between polls, so that a death shows before the next poll. */
const PROBE_MS = 3000
/** How long to wait after an answer failed. */
const RETRY_MS = 1000

/** Whether somebody listens on the socket. */
export function isListening(path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const timer = setTimeout(() => finish(false), timeoutMs)
    function finish(listening: boolean): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })
}

/** Waits for the next poll while the socket answers; throws as soon as it does not. */
async function waitWatching(session: Session, path: string, untilMs: number, monotonicMs: () => number): Promise<void> {
  for (let leftMs = untilMs - monotonicMs(); leftMs > 0; leftMs = untilMs - monotonicMs()) {
    await sleep(Math.min(leftMs, PROBE_MS), undefined, { signal: session.signal })
    if (!(await isListening(path, 1000))) throw new Error(`nobody listens on ${path}`)
    session.alive()
  }
}

/** Polls until the signal aborts; throws when the monitor fails to answer three times in a row or its socket is dead. */
export async function pollMonitor(session: Session, options: LinkOptions): Promise<void> {
  const { engine, known, monotonicMs, log } = options
  const { intervalMs, timeoutMs, parameters } = options.poll
  const metadata: MonitorMetadata | undefined = await session.channel.getMetadata(timeoutMs).catch((err: unknown) => {
    log.warn('monitor does not say who it is', { monitor: known.name, err })
    return undefined
  })
  // A slow answer within its deadline is no silence.
  session.lostAfter(LOST_AFTER_MS + timeoutMs)
  const seen = new Set<string>()
  let declared = declarationOfMetadata(metadata, known, seen)
  engine.take({ kind: 'declared', declaration: declared, incarnation: 0 })
  let sequence = 0
  let failures = 0
  while (!session.signal.aborted) {
    sequence++
    const started = new Date()
    const beganMs = monotonicMs()
    try {
      const status = await session.channel.checkHealth(parameters, sequence, timeoutMs)
      session.alive()
      failures = 0
      const fresh = status.conditions.filter(({ type }) => !declared.conditionTypes.has(type) && seen.size < 256)
      if (fresh.length > 0) {
        for (const { type } of fresh) seen.add(type)
        declared = declarationOfMetadata(metadata, known, seen)
        engine.take({ kind: 'declared', declaration: declared, incarnation: 0 })
      }
      const now = new Date()
      engine.report(
        known.name,
        reportOf(status, {
          monitor: known.name,
          check: known.name,
          sequence,
          started,
          durationUs: Math.round((monotonicMs() - beganMs) * 1000),
          intervalMs,
          next: new Date(now.getTime() + intervalMs),
          now,
          types: declared.conditionTypes,
        }),
      )
    } catch (err) {
      if (session.signal.aborted) return
      failures++
      session.failed(err instanceof Error ? err.message : String(err))
      if (failures >= FAILURES_MAX) throw err
      await sleep(RETRY_MS, undefined, { signal: session.signal })
      continue
    }
    await waitWatching(session, known.socket, beganMs + intervalMs, monotonicMs)
  }
}
