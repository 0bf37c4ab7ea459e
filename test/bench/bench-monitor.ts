/** A monitor of nodedoctor.v1 that says what a benchmark wants, when it wants it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConditionType, type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Observation, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'
import { until } from '../e2e/constellation.ts'

type Call = Parameters<MonitorServer['watch']>[0]

const RUN_MS = 30_000
const TYPES = ['BenchState', ...Array.from({ length: 100 }, (_, i) => `BenchState${i}`)]

export interface BenchMonitor {
  /** @param type BenchState, or BenchState0 to BenchState99 */
  report(health: Health, entity: string, type?: string): void
  /** The last report, and the last that the detector has acknowledged. */
  readonly sequence: number
  readonly acknowledged: number
  /** Resolves when the last report is acknowledged, with the time of that on the monotonic clock. */
  whenAcknowledged(): Promise<number>
  /** Reports that wait in this process. */
  readonly waiting: number
  close(): Promise<void>
}

/** Resolves when the detector of that run directory watches it. */
export async function startBenchMonitor(runDir: string): Promise<BenchMonitor> {
  let watching: Call | undefined
  let acknowledged = 0
  let sequence = 0
  let told: (() => void)[] = []
  const incarnation = Date.now()
  await mkdir(join(runDir, 'monitors'), { recursive: true })

  function report(health: Health, entity: string, type = 'BenchState'): void {
    sequence++
    const observation = Observation.fromPartial({
      type,
      entity,
      health,
      severity: Severity.WARNING,
      reason: health === Health.PROBLEM ? 'Sick' : 'Fine',
      message: 'of a benchmark',
      check: 'bench',
      observed: new Date(),
    })
    // Without a run nobody knows that it looks, and nothing is repaired.
    const run = { check: 'bench', checkType: 'bench', started: new Date(), durationUs: 1, intervalMs: RUN_MS }
    watching?.write({
      time: new Date(),
      dropped: 0,
      report: Report.fromPartial({ incarnation, sequence, time: new Date(), observations: [observation], runs: [run] }),
    })
  }

  const server = await serveUnix({
    path: join(runDir, 'monitors', 'bench.sock'),
    serving: () => true,
    services: [
      {
        definition: MonitorService,
        implementation: {
          describe: (_call, callback) =>
            callback(null, {
              name: 'bench',
              version: '1',
              description: '',
              incarnation,
              heartbeatIntervalMs: 60_000,
              eventReasons: [],
              metrics: [],
              checks: [],
              conditionTypes: TYPES.map((type) =>
                ConditionType.fromPartial({
                  type,
                  polarity: Polarity.TRUE_IS_PROBLEM,
                  recovery: { rule: { $case: 'healthyChecks', value: 1 } },
                }),
              ),
            }),
          check: (_call, callback) => callback(null, { report: undefined }),
          watch(call) {
            watching = call
            call.on('data', ({ request }) => {
              if (request?.$case !== 'ack') return
              acknowledged = Math.max(acknowledged, request.value.sequence)
              const listeners = told
              told = []
              for (const listener of listeners) listener()
            })
            call.on('error', () => undefined)
          },
        } satisfies MonitorServer,
      },
    ],
  })
  await until('the detector watches', () => watching !== undefined)
  return {
    report,
    async whenAcknowledged() {
      const wanted = sequence
      while (acknowledged < wanted) await new Promise<void>((resolve) => told.push(resolve))
      return performance.now()
    },
    get sequence() {
      return sequence
    },
    get acknowledged() {
      return acknowledged
    },
    get waiting() {
      return watching?.writableLength ?? 0
    },
    close: () => server.close(0),
  }
}
