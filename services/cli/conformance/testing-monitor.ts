/** The part of a test's plug-in that speaks nodedoctor.v1. */
import { DescribeResponse, type MonitorServer, type WatchRequest } from '#proto/nodedoctor/v1/monitor.ts'
import { Observation, Report } from '#proto/nodedoctor/v1/types.ts'
import { reply, type Said } from './testing-said.ts'

/** How it differs from one that keeps every rule. */
export interface MonitorScript {
  readonly described?: (described: DescribeResponse, number: number) => Said<DescribeResponse>
  /** Of every observation. */
  readonly observation?: Partial<Observation>
  /** Of every report, which is made for a Check, or for the state at the beginning of a Watch. */
  readonly report?: (report: Report) => Report
  /** What Check says of a name: an error, or an answer whatever it is. */
  readonly check?: (
    name: string,
    asked: { readonly cancelled: Promise<void>; readonly number: number; readonly die: () => void },
  ) => { readonly code: number; readonly details: string } | 'answer' | 'hang' | undefined
  /** What a Watch does not do. */
  readonly without?: readonly (
    | 'start'
    | 'heartbeat'
    | 'more'
    | 'news'
    | 'order'
    | 'unacknowledged'
    | 'acknowledgement'
  )[]
  readonly onRequest?: (request: WatchRequest['request'], die: () => void) => void
}

const INCARNATION = 7
const HEARTBEAT_MS = 50

const DESCRIBED = DescribeResponse.fromPartial({
  name: 'gpu',
  version: '1.0.0',
  description: 'Watches a card',
  incarnation: INCARNATION,
  heartbeatIntervalMs: HEARTBEAT_MS,
  conditionTypes: [{ type: 'GPUHot', polarity: 1 }],
  eventReasons: [{ reason: 'GPUOverheating', severity: 2 }],
  metrics: [{ name: 'gpu_temperature_celsius', kind: 'gauge' }],
  checks: [{ check: 'gpus', checkType: 'gpu-check', intervalMs: 30_000, timeoutMs: 1000, conditionTypes: ['GPUHot'] }],
})

type Watching = Parameters<MonitorServer['watch']>[0]

/** What is kept until it is acknowledged, and who watches. */
function createReports(script: MonitorScript) {
  const kept: Report[] = []
  const watching = new Set<Watching>()
  let sequence = 0

  function reportOf(): Report {
    const now = new Date()
    const observation = Observation.fromPartial({
      type: 'GPUHot',
      entity: 'gpu:0',
      health: 1,
      severity: 1,
      reason: 'GPUIsCool',
      message: '41 °C',
      check: 'gpus',
      observed: now,
    })
    const report = Report.fromPartial({
      incarnation: INCARNATION,
      sequence: ++sequence,
      time: now,
      observations: [{ ...observation, ...script.observation }],
      events: [{ severity: 2, reason: 'GPUOverheating', message: '96 °C', firstSeen: now, lastSeen: now, count: 1 }],
      metrics: [{ name: 'gpu_temperature_celsius', value: 41 }],
      complete: ['gpus'],
    })
    return script.report?.(report) ?? report
  }

  return {
    kept,
    watching,
    reportOf,
    /** Something new, kept and told to all. */
    make(): Report {
      const report = reportOf()
      kept.push(report)
      if (!script.without?.includes('news')) for (const call of watching) tell(call, report)
      return report
    },
    acknowledge(upTo: number): void {
      if (script.without?.includes('acknowledgement')) return
      while (kept[0] && kept[0].sequence <= upTo) kept.shift()
    },
  }
}

type Reports = ReturnType<typeof createReports>

function tell(call: Watching, report: Report | undefined): void {
  call.write({ report, time: new Date(), dropped: 0 })
}

/** What nobody acknowledged, then what is so. */
function begin(call: Watching, { kept, watching, reportOf }: Reports, without: MonitorScript['without'] = []): void {
  if (without.includes('start')) return
  const present = reportOf()
  if (without.includes('order')) tell(call, present)
  if (!without.includes('unacknowledged')) for (const report of kept) tell(call, report)
  if (!without.includes('order')) tell(call, present)
  watching.add(call)
}

export function createMonitor(script: MonitorScript, end: (isLeft?: boolean) => Promise<void>): MonitorServer {
  const reports = createReports(script)
  let described = 0
  let checks = 0
  return {
    describe: (_call, callback) => reply(callback, script.described?.({ ...DESCRIBED }, ++described) ?? DESCRIBED),
    check(call, callback) {
      const { check } = call.request
      const cancelled = new Promise<void>((resolve) => void call.once('cancelled', () => resolve()))
      const said = script.check?.(check, { cancelled, number: ++checks, die: () => void end(true) })
      if (said === 'hang') return
      if (typeof said === 'object') callback(said)
      else if (said === undefined && !['', 'gpus'].includes(check)) callback({ code: 5, details: check })
      else callback(null, { report: reports.make() })
    },
    watch(call) {
      const { without = [] } = script
      const timer = setInterval(() => {
        if (!without.includes('heartbeat') && !without.includes('start')) tell(call, undefined)
      }, HEARTBEAT_MS)
      call.on('error', () => undefined)
      call.on('data', ({ request }) => {
        script.onRequest?.(request, () => void end(true))
        if (request?.$case === 'start') begin(call, reports, without)
        if (without.includes('more')) call.end()
        if (request?.$case === 'ack') reports.acknowledge(request.value.sequence)
      })
      for (const event of ['cancelled', 'close', 'end'] as const)
        call.on(event, () => {
          clearInterval(timer)
          reports.watching.delete(call)
        })
    },
  }
}
