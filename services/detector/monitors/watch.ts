/** A monitor that streams (nodedoctor.v1): reports up, acknowledgements down, a heartbeat that must not stop. */
import { compareSeverity, type Report } from '#model'
import type { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { fromProtoReport } from '#wire'
import type { WatchStream } from './channel.ts'
import { declarationOfDescribe } from './declare.ts'
import { createRate } from './rate.ts'
import { type LinkOptions, LOST_AFTER_MS, type Session } from './session.ts'

/** Acknowledgements go out this long after the first that waits: one message for many reports. */
const ACK_DELAY_MS = 20

/** A report that must not be shed: it holds a problem, or an event of severity warning and up. */
export function isImportant(report: Report): boolean {
  return (
    report.observations.some(({ health }) => health !== 'healthy') ||
    report.withdrawn.length > 0 ||
    report.events.some(({ severity }) => compareSeverity(severity, 'warning') >= 0)
  )
}

function createAcknowledger(stream: WatchStream): (incarnation: number, sequence: number) => void {
  let highest: { incarnation: number; sequence: number } | undefined
  let waiting = false
  function send(): void {
    waiting = false
    if (highest !== undefined) stream.send({ request: { $case: 'ack', value: highest } })
  }
  return (incarnation, sequence) => {
    highest = { incarnation, sequence }
    if (waiting) return
    waiting = true
    setTimeout(send, ACK_DELAY_MS)
  }
}

/** A monitor whose stream is open and silent hangs. */
export class MonitorSilentError extends Error {
  readonly code = 'MONITOR_SILENT'
  constructor(ms: number) {
    super(`no report and no heartbeat for ${Math.round(ms / 1000)} s`)
    this.name = 'MonitorSilentError'
  }
}

/** Watches until the stream ends; throws when it fails or falls silent. */
export async function watchMonitor(session: Session, described: DescribeResponse, options: LinkOptions): Promise<void> {
  const { engine, known, monotonicMs, reportsPerSecond } = options
  const silence = new AbortController()
  const stream = session.channel.watch(AbortSignal.any([session.signal, silence.signal]))
  const acknowledge = createAcknowledger(stream)
  const rate = createRate(reportsPerSecond)
  const silentAfterMs = Math.max(LOST_AFTER_MS, 2 * described.heartbeatIntervalMs)
  let heard = false
  let shed = 0
  let dropped = 0
  session.lostAfter(silentAfterMs)
  let heardMs = monotonicMs()
  const watchdog = setInterval(() => {
    if (monotonicMs() - heardMs <= silentAfterMs) return
    silence.abort(new MonitorSilentError(silentAfterMs))
  }, 1000)

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
    for await (const response of stream.responses) {
      heardMs = monotonicMs()
      if (!heard) {
        // Only one that speaks is alive: a process that hangs may still take a connection and say who it is.
        heard = true
        engine.take({
          kind: 'declared',
          declaration: declarationOfDescribe(described, known),
          incarnation: described.incarnation,
        })
      }
      session.alive()
      if (response.dropped > dropped) {
        const lost = response.dropped - dropped
        dropped = response.dropped
        engine.event({
          reason: 'ReportsShed',
          severity: 'warning',
          entity: `monitor:${known.name}`,
          message: `monitor ${known.name} dropped ${lost} reports that nobody took in time`,
        })
      }
      if (response.report === undefined) continue
      const report = fromProtoReport(response.report, response.time ?? new Date())
      const { incarnation, sequence } = report
      const receipt = { name: known.name, done: () => acknowledge(incarnation, sequence) }
      if (!rate.take(heardMs) && !isImportant(report)) {
        shed++
        if (shed % reportsPerSecond === 1) {
          engine.event({
            reason: 'ReportsShed',
            severity: 'warning',
            entity: `monitor:${known.name}`,
            message: `monitor ${known.name} sends more than ${reportsPerSecond} reports a second; ${shed} reports that say nothing is wrong were dropped so far`,
          })
        }
        engine.skip(receipt)
        continue
      }
      engine.report(known.name, report, receipt)
    }
    if (silence.signal.aborted) throw silence.signal.reason
  } finally {
    clearInterval(watchdog)
  }
}
