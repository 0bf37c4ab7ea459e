/**
 * A monitor that is polled (npd.external.v1): CheckHealth at its interval, its connection watched in between. It is alive when it
 * answers CheckHealth; that it says who it is, or takes a connection, proves nothing.
 */
import type { Clock } from '#clock'
import type { MonitorDeclaration, Report, SourceCondition } from '#model'
import type { MonitorMetadata, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectionLost } from './call-errors.ts'
import { isUnimplemented } from './channel.ts'
import { declarationOfMetadata } from './declare.ts'
import {
  FailingMonitorError,
  MonitorAnewError,
  MonitorAnswerError,
  MonitorGoneError,
  NoSuchCheckError,
  ReportNotTakenError,
} from './errors.ts'
import { differencesOf } from './held-against.ts'
import { isInitial } from './initial-status.ts'
import { logConnected } from './log-connected.ts'
import { reportOf } from './npd-report.ts'
import { createPolledLooks } from './polled-looks.ts'
import type { LinkOptions, Session } from './session.ts'
import { incarnationOf } from './socket-file.ts'
import { taken } from './taken.ts'

/** Whether the connection ends before that moment; waits for whichever comes first. */
async function dropsBefore(session: Session, untilMs: number, clock: Clock): Promise<boolean> {
  const over = new AbortController()
  const signal = AbortSignal.any([session.signal, over.signal])
  try {
    return await Promise.race([
      clock.sleep(Math.max(0, untilMs - clock.monotonicMs()), signal).then(() => false),
      session.channel.dropped(signal).then(() => true),
    ])
  } finally {
    over.abort()
  }
}

/** @throws MonitorAnewError when another process has the socket than the one that was asked */
async function assertSame(path: string, incarnation: number): Promise<void> {
  if ((await incarnationOf(path)) !== incarnation) throw new MonitorAnewError()
}

/**
 * Waits for the next poll while the connection stands. One that ended is made anew, which says whether anybody is still there: a
 * server may end those that rest.
 * @throws MonitorGoneError when nobody takes it, MonitorAnewError when another process does
 */
async function restUntil(
  session: Session,
  untilMs: number,
  options: LinkOptions & { readonly incarnation: number },
): Promise<void> {
  const { known, clock, poll, incarnation } = options
  let madeMs = Number.NEGATIVE_INFINITY
  session.listens(untilMs)
  while (await dropsBefore(session, untilMs, clock)) {
    const restMs = madeMs + poll.look.intervalMs - clock.monotonicMs()
    if (restMs > 0) await clock.sleep(Math.min(restMs, Math.max(0, untilMs - clock.monotonicMs())), session.signal)
    if (clock.monotonicMs() >= untilMs) return
    madeMs = clock.monotonicMs()
    if (!(await session.channel.connects(poll.look.timeoutMs, session.signal))) throw connectionLost(known.socket)
    await assertSame(known.socket, incarnation)
  }
}

async function metadataOf(session: Session, { known, log, poll }: LinkOptions): Promise<MonitorMetadata | undefined> {
  return session.channel.getMetadata(poll.timeoutMs).catch((err: unknown) => {
    log.warn('monitor does not say who it is', { monitor: known.name, err })
    return undefined
  })
}

function sourcesOf({ engine, known }: LinkOptions): SourceCondition[] {
  return [...engine.state.sources.values()].filter((source) => source.monitor === known.name && !isInitial(source))
}

/** One question, when it was asked. */
interface Question {
  readonly sequence: number
  readonly started: Date
  /** On the monotonic clock. */
  readonly beganMs: number
  /** When its next turn is; undefined: an interval after this one. */
  readonly next: Date | undefined
  /** Somebody asked for it between two turns. */
  readonly isAsked: boolean
}

/** Takes answers: what they say becomes reports, and what they name for the first time is declared. */
function createTaker(
  session: Session,
  options: LinkOptions,
  metadata: MonitorMetadata | undefined,
  incarnation: number,
): (status: Status, question: Question) => Promise<Report> {
  const { engine, known, clock, poll } = options
  let declared: MonitorDeclaration | undefined
  let named: ReadonlySet<string> = new Set()

  function declare(types: ReadonlySet<string>): MonitorDeclaration {
    if (declared !== undefined && [...types].every((type) => named.has(type))) {
      session.alive()
      return declared
    }
    const isFirst = declared === undefined
    named = types
    declared = declarationOfMetadata(metadata, known, types)
    session.declare(declared, incarnation, [])
    if (isFirst) logConnected(options, metadata?.version ?? '', metadata?.apiVersion ?? '')
    return declared
  }

  return async (status, { sequence, started, beganMs, next, isAsked }) => {
    const durationMs = clock.monotonicMs() - beganMs
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
      next: next ?? new Date(now.getTime() + poll.intervalMs),
      now,
      types: conditionTypes,
      isAsked,
    })
    const { observations, withdrawn, violations } = session.naming.take(report.observations, sources, {
      wall: now,
      monoMs: clock.monotonicMs(),
      isAsked,
    })
    const told = { ...report, observations, withdrawn }
    await taken(sequence, () => engine.report(known.name, told))
    if (violations.length > 0) engine.misbehaved(known.name, 'answers', violations)
    return told
  }
}

/** How it is asked: in its turns, and by whoever asks for a look between two of them, unless it has failed. */
function createAsking(
  session: Session,
  { known, clock, poll: { parameters, timeoutMs }, nextSequence }: LinkOptions,
  { take, incarnation }: { readonly take: ReturnType<typeof createTaker>; readonly incarnation: number },
) {
  let next: Date | undefined
  let failure: unknown

  async function look(isAsked: boolean): Promise<Report> {
    const [started, beganMs] = [clock.now(), clock.monotonicMs()]
    // The connection comes back by itself, and may reach another process.
    await assertSame(known.socket, incarnation)
    const sequence = nextSequence()
    const status = await session.channel.checkHealth(parameters, sequence, timeoutMs)
    return take(status, { sequence, started, beganMs, next: isAsked ? next : undefined, isAsked })
  }

  const looks = createPolledLooks(look, clock, session.signal)
  session.askBy(async (check) => {
    if (check !== '' && check !== known.name) throw new NoSuchCheckError(check, known.name)
    if (failure !== undefined) throw new FailingMonitorError(failure)
    return looks.ask()
  })
  return {
    turn: looks.turn,
    answered(): void {
      failure = undefined
    },
    failed(err: unknown): void {
      failure = err
    },
    nextIn(ms: number): void {
      next = new Date(clock.now().getTime() + ms)
    },
  }
}

/**
 * Polls until the signal aborts. While it fails to answer it is asked as its retry policy says.
 * @throws MonitorGoneError when nobody takes a connection, MonitorAnewError when another process has its socket
 */
export async function pollMonitor(session: Session, options: LinkOptions): Promise<void> {
  const { known, clock } = options
  const { intervalMs, timeoutMs } = options.poll
  const incarnation = await incarnationOf(known.socket)
  const metadata = await metadataOf(session, options)
  if (metadata !== undefined) session.differs(differencesOf(metadata, known))
  const take = createTaker(session, options, metadata, incarnation)
  const looks = createAsking(session, options, { take, incarnation })
  // A slow answer within its deadline is no silence.
  session.silentAfter(options.silentAfterMs + timeoutMs)
  while (!session.signal.aborted) {
    const beganMs = clock.monotonicMs()
    try {
      await looks.turn()
      looks.answered()
    } catch (err) {
      if (session.signal.aborted) return
      if (isUnimplemented(err))
        throw new MonitorAnswerError('UNIMPLEMENTED', 'it speaks neither nodedoctor.v1 nor npd.external.v1')
      if (err instanceof MonitorGoneError) throw err
      looks.failed(err)
      session.failed(err)
      // It answered: nothing of its own has failed, and it tells the same again when it is asked again.
      if (!(err instanceof ReportNotTakenError)) {
        await session.nextTry()
        continue
      }
    }
    looks.nextIn(beganMs + intervalMs - clock.monotonicMs())
    await restUntil(session, beganMs + intervalMs, { ...options, incarnation })
  }
}
