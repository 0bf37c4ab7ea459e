/**
 * The detector's side of one monitor: connects, asks who it is, watches or polls it, says when it is lost, and never
 * gives up. Watch is tried first; a monitor that does not know it is polled by CheckHealth.
 */
import { createDeadline } from '#clock'
import { cleanText, type MonitorDeclaration, type PersonsWord, type Report } from '#model'
import { type BreakerPolicy, createBackoff } from '#pace'
import { toProtoReport } from '#wire'
import { createAskedLooks } from './asked-looks.ts'
import { createAttempts } from './attempts.ts'
import { isMisconduct, isUnimplemented, type MonitorChannel } from './channel.ts'
import { expectedDeclaration, type KnownMonitor } from './declare.ts'
import {
  AnotherMonitorError,
  MonitorAnewError,
  MonitorAnswerError,
  MonitorGoneError,
  MonitorSilentError,
  ReportNotTakenError,
} from './errors.ts'
import { takenAs } from './identity.ts'
import { initialStatus } from './initial-status.ts'
import { createLinkWords } from './link-words.ts'
import { createNaming } from './naming.ts'
import { pollMonitor } from './poll.ts'
import { createPresence } from './presence.ts'
import { createRestarts } from './restarts.ts'
import { type LinkOptions, type Session, SILENT_AFTER_MS } from './session.ts'
import { createSetAside } from './set-aside.ts'
import { DEFAULT_POLL } from './wanted.ts'
import { intakeOf, watchMonitor } from './watch.ts'

const DESCRIBE_TIMEOUT_MS = 5000
/** From one connection to the next in any case, whatever its policy says. */
const BACKOFF = { minMs: 200, maxMs: 5000 } as const
/** From a question that failed to the next in any case. */
const RETRY_MS = 1000
/** How late a loss may be seen, and how often one that is lost is looked at. */
const LOSS_SLACK_MS = 1000
const LOST_LOOK_MS = 5000
/** Longest reason of a failure, in UTF-16 units: an event may hold it with words around it. */
const MAX_REASON = 512

export interface MonitorLink {
  readonly known: KnownMonitor
  /** Since when nobody listens on its socket, on the monotonic clock; undefined while somebody may. */
  goneSinceMs(): number | undefined
  /** Whether somebody else is where it was. */
  isAnother(): boolean
  /**
   * Looks of one check now, or of all; what is seen counts as what is streamed or polled does. Rejects when the monitor is not connected,
   * or is polled and has failed.
   */
  check(check: string, timeoutMs: number): ReturnType<MonitorChannel['check']>
  /** Hands a person's word down to a monitor that streams; one that is polled has no ear for it. */
  clear(word: PersonsWord): void
  /** Others are on this node by configuration: what its checks may depend on is judged anew. */
  knownChanged(): void
  /** Ends when the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>
}

function text(err: unknown): string {
  return cleanText(err instanceof Error ? err.message : String(err), MAX_REASON)
}

export function createMonitorLink(options: LinkOptions): MonitorLink {
  const { known, engine, log, clock } = options
  /** As it is taken, by what it said of itself last. */
  let as = known
  /** It described itself last as none of ours. */
  let isAnother = false
  const naming = createNaming()
  const intake = intakeOf(options, () => as.origin !== 'built-in')
  const aside = createSetAside()
  const restarts = createRestarts()
  const words = createLinkWords(options)
  const presence = createPresence({
    nowMs: clock.monotonicMs(),
    silentAfterMs: options.silentAfterMs,
    lostAfterMs: options.lostAfterMs,
    // Of one that was found and never spoke, nobody knows that it will.
    unheardLostAfterMs: known.expected ? options.lostAfterMs : options.silentAfterMs,
  })
  const attempts = createAttempts({
    policy,
    socket: known.socket,
    clock,
    tell: (connection) => engine.take({ kind: 'connection', monitor: known.name, connection }),
    onExhausted: () => words.exhausted(why(), policy()),
  })
  let current: MonitorChannel | undefined
  let tellCurrent: ((word: PersonsWord) => void) | undefined
  let askPolled: ((check: string) => Promise<Report>) | undefined
  const asked = createAskedLooks({ clock, runs: () => engine.state.monitors.get(known.name)?.runs ?? [] })
  let declareAgain: (() => void) | undefined
  let isLost = false
  let lookAgainMs = 0
  let lossMoved = (): void => undefined
  /** What went wrong since it was heard last. */
  let fault: string | undefined
  let heardMs: number | undefined

  /** One that is not ours has no right to be asked as often. */
  function policy(): BreakerPolicy {
    return as === known && !isAnother ? options.poll.retry : DEFAULT_POLL.retry
  }

  function expect(): void {
    engine.take({ kind: 'expected', declaration: expectedDeclaration(as) })
  }

  /** Why it does not answer, as far as anybody can know. */
  function why(): string {
    if (fault !== undefined) return fault
    return heardMs === undefined
      ? 'it has not answered yet'
      : new MonitorSilentError(clock.monotonicMs() - heardMs).message
  }

  function alive(): void {
    heardMs = clock.monotonicMs()
    fault = undefined
    isAnother = false
    presence.spoke(heardMs)
    attempts.worked()
    if (isLost) log.info('monitor answers again', { monitor: known.name })
    isLost = false
    lookAgainMs = 0
    lossMoved()
  }

  function declare(declaration: MonitorDeclaration, incarnation: number, violations: readonly string[]): void {
    const before = engine.state.monitors.get(known.name)?.restarts ?? 0
    engine.take({ kind: 'declared', declaration, incarnation })
    alive()
    if (violations.length > 0) engine.misbehaved(known.name, 'declaration', violations)
    const after = engine.state.monitors.get(known.name)?.restarts ?? 0
    const often = after > before ? restarts.another(clock.monotonicMs()) : undefined
    if (often !== undefined) words.unstable(often)
  }

  function failed(err: unknown): void {
    const reason = text(err)
    const gone = err instanceof MonitorGoneError
    const wasGone = presence.goneSinceMs() !== undefined
    fault = reason
    isAnother = err instanceof AnotherMonitorError || (isAnother && gone)
    presence.failed(gone, clock.monotonicMs())
    if (err instanceof MonitorAnewError) attempts.anew()
    // What the detector fails at is no failure of the monitor's.
    else if (!(err instanceof ReportNotTakenError)) attempts.failed(reason, gone && !err.wasThere)
    lossMoved()
    if (gone && !wasGone) options.onGone()
  }

  function lose(): void {
    if (isLost && engine.state.monitors.get(known.name)?.health === 'unreachable') return
    isLost = true
    const reason = why()
    log.warn('monitor is lost', { monitor: known.name, reason })
    if (!engine.state.monitors.has(known.name)) {
      expect()
      attempts.again()
    }
    engine.take({ kind: 'lost', monitor: known.name, reason })
  }

  /** Shows its failure; one that sent what cannot be taken, too large or no message of the protocol, misbehaves. */
  function troubled(err: unknown): void {
    if (err instanceof MonitorAnewError) return
    if (err instanceof ReportNotTakenError)
      log.error('report of a monitor could not be taken', { monitor: known.name, err })
    engine.take({ kind: 'troubled', monitor: known.name, reason: text(err) })
    if (isMisconduct(err)) engine.misbehaved(known.name, 'cut-off', [`it was cut off: ${why()}`])
  }

  async function session(signal: AbortSignal): Promise<void> {
    await attempts.begin()
    const channel = options.open(known.socket)
    current = channel
    const talk: Session = {
      channel,
      signal,
      naming,
      intake,
      aside,
      declare,
      alive,
      listens(untilMs = clock.monotonicMs()) {
        presence.listened(untilMs)
        lossMoved()
      },
      differs: words.differs,
      silentAfter(ms) {
        presence.silentAfter(ms)
        lossMoved()
      },
      tellBy: (tell) => {
        tellCurrent = tell
      },
      declareBy: (again) => {
        declareAgain = again
      },
      askBy: (ask) => {
        askPolled = ask
      },
      // Ours say it themselves.
      marked: (report) => (as.origin === 'built-in' ? report : asked.marked(report)),
      failed(err) {
        failed(err)
        troubled(err)
      },
      nextTry: () => attempts.wait(RETRY_MS, signal),
    }
    try {
      const described = await channel.describe(DESCRIBE_TIMEOUT_MS).catch((err: unknown) => {
        if (isUnimplemented(err)) return undefined
        // Who speaks the older protocol alone never heard of Describe.
        if (err instanceof MonitorAnswerError && err.code === 'DEADLINE_EXCEEDED')
          throw new MonitorAnswerError(err.code, `it listens and answers nothing for ${DESCRIBE_TIMEOUT_MS / 1000} s`)
        throw err
      })
      as = await takenAs(known, described)
      if (described === undefined) await pollMonitor(talk, { ...options, known: as })
      else await watchMonitor(talk, described, { ...options, known: as })
    } finally {
      current = undefined
      tellCurrent = undefined
      askPolled = undefined
      declareAgain = undefined
      channel.close()
    }
  }

  /** Why a session ended, and whether somebody is still there. */
  function ended(err: unknown): void {
    failed(err)
    log.debug('monitor session ended', { monitor: known.name, reason: text(err) })
    troubled(err)
    if (err instanceof MonitorSilentError) lose()
  }

  return {
    known,
    goneSinceMs: () => presence.goneSinceMs(),
    isAnother: () => isAnother,
    check(check, timeoutMs) {
      if (current === undefined) return Promise.reject(new Error(`monitor ${known.name} is not connected: ${why()}`))
      if (askPolled !== undefined) return askPolled(check).then((report) => ({ report: toProtoReport(report) }))
      const answered = asked.began(check)
      return current.check(check, timeoutMs).finally(answered)
    },
    clear: (word) => tellCurrent?.(word),
    // One that is lost declares itself when it is back: to do so here would say that it answers.
    knownChanged() {
      if (!isLost) declareAgain?.()
    },
    async run(signal) {
      // A socket that appears is nobody yet: it is known once it spoke, or once it should have.
      if (known.expected || engine.state.monitors.has(known.name)) expect()
      attempts.again()
      const assumed = options.poll.skipInitialStatus ? [] : initialStatus(known)
      if (assumed.length > 0) engine.take({ kind: 'assumed', monitor: known.name, observations: assumed })
      const dueMs = () => Math.max(presence.lostAtMs(), lookAgainMs)
      const loss = createDeadline(clock, { dueMs, slackMs: LOSS_SLACK_MS }, () => {
        lookAgainMs = clock.monotonicMs() + LOST_LOOK_MS
        lose()
      })
      lossMoved = loss.moved
      const backoff = createBackoff(BACKOFF)
      while (!signal.aborted) {
        const beganMs = clock.monotonicMs()
        try {
          await session(signal)
          if (!signal.aborted) ended(new MonitorGoneError('it ended its stream', { wasThere: true }))
        } catch (err) {
          if (signal.aborted) break
          ended(err)
        }
        if (clock.monotonicMs() - beganMs > SILENT_AFTER_MS) backoff.reset()
        await attempts.wait(backoff.next(), signal).catch(() => undefined)
      }
      attempts.end()
      loss.end()
    },
  }
}
