/**
 * A monitor that is polled (npd.external.v1): CheckHealth at its interval, its socket tried in between. It is alive when it
 * answers CheckHealth; that it says who it is, or takes a connection, proves nothing.
 */
import { lstat } from 'node:fs/promises'
import type { Clock } from '#clock'
import { hashText, type MonitorDeclaration, type SourceCondition } from '#model'
import type { MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { assertListened } from './call-errors.ts'
import { isUnimplemented } from './channel.ts'
import { declarationOfMetadata } from './declare.ts'
import { MonitorAnswerError, MonitorGoneError } from './errors.ts'
import { reportOf } from './npd-report.ts'
import type { LinkOptions, Session } from './session.ts'
import { taken } from './taken.ts'

/** Failed answers in a row that end the session (and make a new connection). */
const FAILURES_MAX = 3
/** How often the socket is tried between polls, so that a death shows before the next poll. */
const PROBE_MS = 3000
/** How long to wait after an answer failed. */
const RETRY_MS = 1000

/** Waits for the next poll while the socket answers; throws as soon as it does not. */
async function waitWatching(session: Session, path: string, untilMs: number, clock: Clock): Promise<void> {
  for (let leftMs = untilMs - clock.monotonicMs(); leftMs > 0; leftMs = untilMs - clock.monotonicMs()) {
    await clock.sleep(Math.min(leftMs, PROBE_MS), session.signal)
    await assertListened(path)
    session.listens()
  }
}

/** Which process listens: one that was started anew made another socket. 0: not known. */
async function incarnationOf(path: string): Promise<number> {
  const file = await lstat(path).catch(() => undefined)
  if (file === undefined) return 0
  return Number.parseInt(hashText(`${file.ino}:${file.mtimeMs}`).slice(0, 12), 16) + 1
}

async function metadataOf(session: Session, { known, log, poll }: LinkOptions): Promise<MonitorMetadata | undefined> {
  return session.channel.getMetadata(poll.timeoutMs).catch((err: unknown) => {
    log.warn('monitor does not say who it is', { monitor: known.name, err })
    return undefined
  })
}

function sourcesOf({ engine, known }: LinkOptions): SourceCondition[] {
  return [...engine.state.sources.values()].filter(({ monitor }) => monitor === known.name)
}

/** Takes answers: what they say becomes reports, and what they name for the first time is declared. */
function createTaker(
  session: Session,
  options: LinkOptions,
  metadata: MonitorMetadata | undefined,
  incarnation: number,
): (status: Status, sequence: number, started: Date, durationMs: number) => Promise<void> {
  const { engine, known, clock, poll } = options
  let declared: MonitorDeclaration | undefined
  let named: ReadonlySet<string> = new Set()

  function declare(types: ReadonlySet<string>): MonitorDeclaration {
    if (declared !== undefined && [...types].every((type) => named.has(type))) {
      session.alive()
      return declared
    }
    named = types
    declared = declarationOfMetadata(metadata, known, types)
    session.declare(declared, incarnation, [])
    return declared
  }

  return async (status, sequence, started, durationMs) => {
    const sources = sourcesOf(options)
    const { conditionTypes } = declare(
      new Set([...status.conditions, ...sources.map(({ observation }) => observation)].map(({ type }) => type)),
    )
    const now = clock.now()
    const report = reportOf(status, {
      monitor: known.name,
      check: known.name,
      sequence,
      started,
      durationUs: Math.round(durationMs * 1000),
      intervalMs: poll.intervalMs,
      next: new Date(now.getTime() + poll.intervalMs),
      now,
      types: conditionTypes,
    })
    const { observations, withdrawn, violations } = session.naming.take(report.observations, sources, {
      wall: now,
      monoMs: clock.monotonicMs(),
    })
    await taken(sequence, () => engine.report(known.name, { ...report, observations, withdrawn }))
    if (violations.length > 0) engine.misbehaved(known.name, 'answers', violations)
  }
}

/** Polls until the signal aborts; throws when the monitor fails to answer three times in a row or its socket is dead. */
export async function pollMonitor(session: Session, options: LinkOptions): Promise<void> {
  const { known, clock } = options
  const { intervalMs, timeoutMs, parameters } = options.poll
  const incarnation = await incarnationOf(known.socket)
  const take = createTaker(session, options, await metadataOf(session, options), incarnation)
  // A slow answer within its deadline is no silence.
  session.silentAfter(options.silentAfterMs + timeoutMs)
  let sequence = 0
  let failures = 0
  while (!session.signal.aborted) {
    sequence++
    const started = clock.now()
    const beganMs = clock.monotonicMs()
    // The connection comes back by itself, and may reach another process.
    if ((await incarnationOf(known.socket)) !== incarnation) throw new MonitorGoneError('it was started anew')
    try {
      const status = await session.channel.checkHealth(parameters, sequence, timeoutMs)
      failures = 0
      await take(status, sequence, started, clock.monotonicMs() - beganMs)
    } catch (err) {
      if (session.signal.aborted) return
      if (isUnimplemented(err))
        throw new MonitorAnswerError('UNIMPLEMENTED', 'it speaks neither nodedoctor.v1 nor npd.external.v1')
      failures++
      session.failed(err instanceof Error ? err.message : String(err))
      if (failures >= FAILURES_MAX || err instanceof MonitorGoneError) throw err
      await clock.sleep(RETRY_MS, session.signal)
      continue
    }
    await waitWatching(session, known.socket, beganMs + intervalMs, clock)
  }
}
