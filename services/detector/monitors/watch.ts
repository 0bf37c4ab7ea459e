/** A monitor that streams (nodedoctor.v1): reports up, acknowledgements down, a heartbeat that must not stop. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, createDeadline, measureWork } from '#clock'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { fromProtoReport } from '#wire'
import type { Receipt } from '../outbox/outbox.ts'
import { inParts } from '../turns.ts'
import { connectionLost } from './call-errors.ts'
import type { Incoming, WatchStream } from './channel.ts'
import { declarationOfDescribe, HEARTBEAT_MAX_MS } from './declare.ts'
import { MonitorSilentError } from './errors.ts'
import { createIntake, type Intake } from './intake.ts'
import { logConnected } from './log-connected.ts'
import type { LinkOptions, Session } from './session.ts'
import { takenOrSetAside } from './taken.ts'

/** Acknowledgements go out this long after the first that waits: one message for many reports. */
const ACK_DELAY_MS = 20
/** Turns of the event loop in which a message is written to its socket. */
const FLUSH_TURNS = 2
/** How long a monitor waits at most until what it said before is on the bus: well before its silence would count as loss. */
const ROOM_MAX_MS = 5000
/** How late silence may be seen. */
const SILENCE_SLACK_MS = 1000
/** What a monitor says that it dropped is told this often at most. */
const DROPPED_TOLD_MS = 1000

function createAcknowledger(stream: WatchStream, clock: Clock) {
  let highest: { incarnation: number; sequence: number } | undefined
  let callOff: (() => void) | undefined
  function send(): void {
    callOff = undefined
    if (highest !== undefined) stream.send({ request: { $case: 'ack', value: highest } })
  }
  return {
    acknowledge(incarnation: number, sequence: number): void {
      highest = { incarnation, sequence }
      callOff ??= clock.after(ACK_DELAY_MS, send)
    },
    /** Sends what waits before the stream is left: it would be told again. */
    async flush(): Promise<void> {
      if (callOff === undefined) return
      callOff()
      send()
      // Written by now, or a peer that does not read is not waited for: what is cancelled before goes nowhere.
      for (let turn = 0; turn < FLUSH_TURNS; turn++) await nextTurn()
    },
  }
}

/** Tells of reports that the monitor dropped by itself, by its own count. */
function createDropped({ engine, known, clock }: LinkOptions): (total: number) => void {
  let told = 0
  let toldMs: number | undefined
  return (total) => {
    const nowMs = clock.monotonicMs()
    if (total <= told || (toldMs !== undefined && nowMs - toldMs < DROPPED_TOLD_MS)) return
    const lost = total - told
    told = total
    toldMs = nowMs
    engine.event({
      reason: 'ReportsShed',
      severity: 'warning',
      entity: `monitor:${known.name}`,
      message: `monitor ${known.name} dropped ${lost} reports that nobody took in time`,
    })
  }
}

/** How much of a monitor is taken, and how it is told when that is less than it sends. */
export function intakeOf(
  { engine, known, clock, reportsPerSecond, messageBytes }: LinkOptions,
  isPlugIn: () => boolean,
): Intake {
  function tell(message: string): void {
    engine.event({ reason: 'ReportsShed', severity: 'warning', entity: `monitor:${known.name}`, message })
  }
  return createIntake({
    perSecond: reportsPerSecond,
    messageBytes,
    clock,
    isPlugIn,
    onShed: (total) =>
      tell(
        `monitor ${known.name} sends more than ${reportsPerSecond} reports a second; ${total} reports that say nothing is wrong were dropped so far`,
      ),
    onHeldBack: () =>
      tell(
        `monitor ${known.name} sends faster than it may; it is made to wait, and nothing of what is wrong is dropped`,
      ),
  })
}

/** Ends the session when nothing was heard for `afterMs`; time in which nobody listened to it does not count. */
function createWatchdog(afterMs: number, clock: Clock) {
  const silence = new AbortController()
  let heardMs = clock.monotonicMs()
  let isBusy = false
  const dueMs = () => (isBusy ? clock.monotonicMs() + afterMs : heardMs + afterMs)
  const deadline = createDeadline(clock, { dueMs, slackMs: SILENCE_SLACK_MS }, () => {
    silence.abort(new MonitorSilentError(afterMs))
  })
  return {
    signal: silence.signal,
    heard(busy: boolean) {
      heardMs = clock.monotonicMs()
      isBusy = busy
    },
    end: deadline.end,
  }
}

/** A message as it counts here, and how long reading it held the loop; what it was decoded to is not kept. */
async function read(incoming: Incoming, clock: Clock) {
  const { value, heldMs } = await inParts(incoming.read(), clock)
  const took = measureWork(clock)
  const report = value.report && fromProtoReport(value.report, value.time ?? clock.now())
  return { report, dropped: value.dropped, heldMs: heldMs + took() }
}

/** While its message waits nothing else of it is read: that somebody still listens is all that is known of it. */
async function stillListens(session: Session, path: string): Promise<void> {
  if (!session.channel.isConnected()) throw connectionLost(path)
  session.listens()
}

/** Declares it as it described itself, and anew where its checks may depend on others by now. */
function declareOnce(session: Session, described: DescribeResponse, options: LinkOptions): void {
  const { engine, known, isKnown } = options
  const { incarnation } = described
  let { declaration, violations } = declarationOfDescribe(described, known, isKnown)
  session.declare(declaration, incarnation, violations)
  logConnected(options, declaration.version, declaration.protocol)
  session.declareBy(() => {
    const before = JSON.stringify(declaration.checks)
    ;({ declaration, violations } = declarationOfDescribe(described, known, isKnown))
    if (JSON.stringify(declaration.checks) === before) return
    engine.take({ kind: 'declared', declaration, incarnation })
    if (violations.length > 0) engine.misbehaved(known.name, 'declaration', violations)
  })
}

/** Watches until the stream ends; throws when it fails or falls silent. */
export async function watchMonitor(session: Session, described: DescribeResponse, options: LinkOptions): Promise<void> {
  const { engine, known, clock, reportsPerSecond } = options
  const { intake } = session
  const silentAfterMs = Math.max(options.silentAfterMs, 2 * Math.min(described.heartbeatIntervalMs, HEARTBEAT_MAX_MS))
  session.silentAfter(silentAfterMs)
  const watchdog = createWatchdog(silentAfterMs, clock)
  const signal = AbortSignal.any([session.signal, watchdog.signal])
  const stream = session.channel.watch(signal)
  const { acknowledge, flush } = createAcknowledger(stream, clock)
  const tellDropped = createDropped(options)
  let isHeard = false

  session.tellBy(({ type, entity = '', by, why }) =>
    stream.send({ request: { $case: 'clear', value: { type, entity, by, why } } }),
  )
  stream.send({
    request: {
      $case: 'start',
      value: { maxReportsPerSecond: reportsPerSecond, maxMessageBytes: options.messageBytes },
    },
  })
  try {
    for await (const incoming of stream.responses) {
      watchdog.heard(true)
      // Only one that speaks is alive: a process that hangs may still take a connection and say who it is.
      if (isHeard) session.alive()
      else {
        isHeard = true
        declareOnce(session, described, options)
      }
      await intake.message(incoming.bytes, signal, () => stillListens(session, known.socket))
      const { report: told, dropped, heldMs } = await read(incoming, clock)
      const report = told && session.marked(told)
      session.alive()
      tellDropped(dropped)
      if (report === undefined) await intake.heartbeat(signal)
      else {
        const { incarnation, sequence } = report
        const receipt: Receipt = { name: known.name, done: () => acknowledge(incarnation, sequence) }
        if (await intake.report(report, signal)) {
          const takenMs = await takenOrSetAside(session, report, receipt, options).catch(async (err: unknown) => {
            await flush()
            throw err
          })
          await intake.took(heldMs + takenMs, signal)
          session.alive()
          await options.room(known.name, ROOM_MAX_MS)
        } else {
          engine.skip(receipt)
          await intake.took(heldMs, signal)
        }
      }
      session.alive()
      watchdog.heard(false)
    }
  } catch (err) {
    if (!watchdog.signal.aborted) throw err
  } finally {
    watchdog.end()
  }
  if (watchdog.signal.aborted) throw watchdog.signal.reason
}
