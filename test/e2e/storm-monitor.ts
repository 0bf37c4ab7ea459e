/**
 * A plug-in that tells many events a second and keeps each report until the detector has acknowledged it, as the
 * protocol asks for: it knows what was acknowledged, so a test can count whether all of that arrived.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'

type Call = Parameters<MonitorServer['watch']>[0]

/** Reports a second; the events are spread over them. */
const REPORTS_PER_SECOND = 20

export interface StormMonitor {
  /** Occurrences told so far, and how many of them stand in reports that were acknowledged. */
  readonly told: number
  readonly acknowledged: number
  /** Reports that wait for their acknowledgement. */
  readonly waiting: number
  /** No further event; what waits is still told to whoever comes. */
  hush(): void
  close(): Promise<void>
}

/** `Storm0`, `Storm1` …: warnings, in turn. */
export function stormReason(index: number): string {
  return `Storm${index}`
}

export async function startStormMonitor(
  runDir: string,
  { reasons, perSecond }: { readonly reasons: number; readonly perSecond: number },
): Promise<StormMonitor> {
  const incarnation = Date.now()
  const kept: Report[] = []
  let watching: Call | undefined
  let sequence = 0
  let told = 0
  let waitingEvents = 0
  await mkdir(join(runDir, 'monitors'), { recursive: true })

  function event() {
    const when = new Date()
    const reason = stormReason(told++ % reasons)
    return {
      id: '',
      monitor: '',
      check: '',
      entity: '',
      severity: Severity.WARNING,
      reason,
      message: `${reason} of a test`,
      firstSeen: when,
      lastSeen: when,
      count: 1,
    }
  }

  function send(report: Report): void {
    if (watching !== undefined && !watching.destroyed) watching.write({ time: new Date(), dropped: 0, report })
  }

  function tell(count: number): void {
    sequence++
    const events = Array.from({ length: count }, event)
    const report = Report.fromPartial({ incarnation, sequence, time: new Date(), events })
    kept.push(report)
    waitingEvents += count
    send(report)
  }

  function acknowledge(upTo: number): void {
    while (kept[0] !== undefined && kept[0].sequence <= upTo) waitingEvents -= kept.shift()?.events.length ?? 0
  }

  const server = await serveUnix({
    path: join(runDir, 'monitors', 'storm.sock'),
    serving: () => true,
    services: [
      {
        definition: MonitorService,
        implementation: {
          describe: (_call, callback) =>
            callback(null, {
              name: 'storm',
              version: '1',
              description: '',
              incarnation,
              heartbeatIntervalMs: 5000,
              eventReasons: [],
              metrics: [],
              checks: [],
              conditionTypes: [],
            }),
          check: (_call, callback) => callback(null, { report: undefined }),
          watch(call) {
            watching = call
            call.on('error', () => undefined)
            call.on('data', ({ request }) => {
              if (request?.$case === 'ack' && request.value.incarnation === incarnation)
                acknowledge(request.value.sequence)
            })
            for (const report of kept) send(report)
          },
        } satisfies MonitorServer,
      },
    ],
  })
  let owed = 0
  const storm = setInterval(() => {
    owed += perSecond / REPORTS_PER_SECOND
    const count = Math.floor(owed)
    owed -= count
    tell(count)
  }, 1000 / REPORTS_PER_SECOND)
  const heartbeat = setInterval(() => watching?.write({ time: new Date(), dropped: 0, report: undefined }), 2000)
  return {
    get told() {
      return told
    },
    get acknowledged() {
      return told - waitingEvents
    },
    get waiting() {
      return kept.length
    },
    hush: () => clearInterval(storm),
    async close() {
      clearInterval(storm)
      clearInterval(heartbeat)
      await server.close(0)
    },
  }
}
