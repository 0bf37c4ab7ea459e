/** Reports through the detector: throughput without loss (budget 9), and report to the page's stream (budget 1a). */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type MonitorServer, MonitorService } from '#proto/nodedoctor/v1/monitor.ts'
import { Health, Observation, Polarity, Report, Severity } from '#proto/nodedoctor/v1/types.ts'
import { serveUnix } from '#rpc'
import { readStream, startConstellation, until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'

const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 10
const PER_SECOND = 10_000
const CHANGES = 300

type Call = Parameters<MonitorServer['watch']>[0]
let watching: Call | undefined
let acknowledged = 0
let sequence = 0
const incarnation = Date.now()

const c = await startConstellation({
  services: ['detector', 'http-exporter'],
  config: { settings: { logLevel: 'info' }, detector: { limits: { reportsPerSecond: 50_000 } } },
})
await mkdir(join(c.runDir, 'monitors'), { recursive: true })
await c.ready()

function report(health: Health, entity: string): void {
  sequence++
  const observation = Observation.fromPartial({
    type: 'BenchState',
    entity,
    health,
    severity: Severity.WARNING,
    reason: health === Health.PROBLEM ? 'Sick' : 'Fine',
    message: 'of a benchmark',
    check: 'bench',
    observed: new Date(),
  })
  watching?.write({
    time: new Date(),
    dropped: 0,
    report: Report.fromPartial({ incarnation, sequence, time: new Date(), observations: [observation] }),
  })
}

const server = await serveUnix({
  path: join(c.runDir, 'monitors', 'bench.sock'),
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
            conditionTypes: [
              {
                type: 'BenchState',
                polarity: Polarity.TRUE_IS_PROBLEM,
                description: '',
                shared: false,
                recovery: { rule: { $case: 'healthyChecks', value: 1 } },
                label: '',
                recoveryText: '',
                healthyReason: '',
                healthyMessage: '',
              },
            ],
          }),
        check: (_call, callback) => callback(null, { report: undefined }),
        watch(call) {
          watching = call
          call.on('data', ({ request }) => {
            if (request?.$case === 'ack') acknowledged = Math.max(acknowledged, request.value.sequence)
          })
          call.on('error', () => undefined)
        },
      } satisfies MonitorServer,
    },
  ],
})
await until('the detector watches', () => watching !== undefined)

// A check result on its way to the page's stream, one at a time.
const stream = readStream(c.url)
await until('the stream begins', () => stream.messages.length > 0)
const latencies: number[] = []
for (let i = 0; i < CHANGES; i++) {
  const entity = `bench:${i}`
  const began = performance.now()
  report(Health.PROBLEM, entity)
  const seen = await until(
    'the page’s stream tells it',
    () =>
      stream.messages.findLast(
        ({ message }) =>
          message.kind === 'change' && message.conditions.some((condition) => condition.entity === entity),
      ),
    5000,
  )
  latencies.push(seen.atMs - began)
}
latencies.sort((a, b) => a - b)
reportFigure({
  name: 'check result to the page’s stream, p50',
  value: latencies[Math.floor(CHANGES / 2)] ?? Number.NaN,
  unit: 'ms',
})
reportFigure({
  name: 'check result to the page’s stream, p99',
  value: latencies[Math.floor(CHANGES * 0.99)] ?? Number.NaN,
  unit: 'ms',
  budget: { max: 100 },
})

// As many as the budget asks for, each with another word on one of a hundred conditions.
const first = sequence
const began = performance.now()
const slice = PER_SECOND / 100
for (let turn = 0; turn < seconds * 100; turn++) {
  for (let i = 0; i < slice; i++) report(i % 50 === 0 ? Health.PROBLEM : Health.HEALTHY, `bench:${i}`)
  const due = began + (turn + 1) * 10
  const wait = due - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  while ((watching?.writableLength ?? 0) > 5000) await new Promise((resolve) => setTimeout(resolve, 1))
}
await until('every report is acknowledged', () => acknowledged >= sequence, 60_000)
const rate = (sequence - first) / ((performance.now() - began) / 1000)
reportFigure({
  name: `reports through the detector for ${seconds} s, all acknowledged`,
  value: rate,
  unit: '/s',
  budget: { min: PER_SECOND * 0.99 },
})
stream.close()
await server.close(0)
await c.stop()
