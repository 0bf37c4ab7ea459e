/** Reports through the detector: throughput without loss (budget 9), and report to the page's stream (budget 1a). */
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { readStream, startConstellation, until } from '../e2e/constellation.ts'
import { startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'

const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 10
const PER_SECOND = 10_000
const CHANGES = 300

const c = await startConstellation({
  services: ['detector', 'http-exporter'],
  config: { settings: { logLevel: 'info' }, detector: { limits: { reportsPerSecond: 50_000 } } },
})
await c.ready()
const monitor = await startBenchMonitor(c.runDir)

// A check result on its way to the page's stream, one at a time.
const stream = readStream(c.url)
await until('the stream begins', () => stream.messages.length > 0)
const latencies: number[] = []
for (let i = 0; i < CHANGES; i++) {
  const entity = `bench:${i}`
  const began = performance.now()
  monitor.report(Health.PROBLEM, entity)
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
const first = monitor.sequence
const began = performance.now()
const slice = PER_SECOND / 100
for (let turn = 0; turn < seconds * 100; turn++) {
  for (let i = 0; i < slice; i++) monitor.report(i % 50 === 0 ? Health.PROBLEM : Health.HEALTHY, `bench:${i}`)
  const due = began + (turn + 1) * 10
  const wait = due - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  while (monitor.waiting > 5000) await new Promise((resolve) => setTimeout(resolve, 1))
}
await until('every report is acknowledged', () => monitor.acknowledged >= monitor.sequence, 60_000)
const rate = (monitor.sequence - first) / ((performance.now() - began) / 1000)
reportFigure({
  name: `reports through the detector for ${seconds} s, all acknowledged`,
  value: rate,
  unit: '/s',
  budget: { min: PER_SECOND * 0.99 },
})
stream.close()
await monitor.close()
await c.stop()
