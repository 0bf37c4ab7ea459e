/** A monitor of nodedoctor.v1 with one type of condition, for tests of a fleet. */
import { DescribeResponse, type MonitorServer } from '#proto/nodedoctor/v1/monitor.ts'
import { Polarity, Report } from '#proto/nodedoctor/v1/types.ts'

const INCARNATION = 5
const HEARTBEAT_MS = 100

type Said = Parameters<typeof Report.fromPartial>[0]

export interface StreamingOptions {
  /** Of its conditions, of which true is the problem. */
  readonly type: string
  /** What Describe answers instead, or besides. */
  readonly described?: Partial<DescribeResponse>
  /** Its sequence and what is observed, of one or of several one after the other; asked for once in each session. */
  readonly report: () => Said | readonly Said[]
  /** Is handed the sequence of each report that the detector has taken. */
  readonly onAcknowledged?: (sequence: number) => void
  /** Whether it is stopped in its tracks: its streams stay open, nothing comes. */
  readonly isFrozen?: () => boolean
}

/** Says its reports in each session, then a heartbeat ten times a second until the session's end. */
export function streamingMonitor({
  type,
  described,
  report,
  onAcknowledged,
  isFrozen = () => false,
}: StreamingOptions): MonitorServer {
  return {
    describe: (_call, callback) => {
      if (isFrozen()) return
      callback(
        null,
        DescribeResponse.fromPartial({
          incarnation: INCARNATION,
          heartbeatIntervalMs: HEARTBEAT_MS,
          conditionTypes: [{ type, polarity: Polarity.TRUE_IS_PROBLEM }],
          ...described,
        }),
      )
    },
    check: (_call, callback) => callback(null, { report: undefined }),
    watch(call) {
      call.on('error', () => undefined)
      call.on('data', ({ request }) => {
        if (request?.$case === 'ack') onAcknowledged?.(request.value.sequence)
      })
      const time = new Date()
      for (const said of [report()].flat())
        call.write({ time, dropped: 0, report: Report.fromPartial({ incarnation: INCARNATION, time, ...said }) })
      const timer = setInterval(() => {
        if (!isFrozen()) call.write({ time: new Date(), dropped: 0, report: undefined })
      }, HEARTBEAT_MS)
      call.on('cancelled', () => clearInterval(timer))
      call.on('close', () => clearInterval(timer))
    },
  }
}
