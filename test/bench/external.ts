/**
 * The way to an exporter from outside: check result → `ExportProblems` taken, a burst of events beside one that hangs, and what the
 * service costs in memory.
 */
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { startPartner, told } from '../../services/external-exporter/testing-partner.ts'
import { startConstellation, until } from '../e2e/constellation.ts'
import { startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'
import { memoryOf } from './process/cost.ts'

/** Each of another type: one that comes and goes is damped, and rightly so. */
const CHANGES = 50
/** Above the pace of a plug-in's reports. */
const BETWEEN_MS = 100
const SETTLE_MS = 30_000

const c = await startConstellation({
  services: ['detector', 'external-exporter'],
  config: {
    settings: { logLevel: 'info' },
    exporters: {
      external: ['quick', 'slow'].map((name) => ({
        name,
        socketAddress: `/tmp/nd-bench-${process.pid}-${name}.sock`,
        timeout: '1s',
      })),
    },
  },
})
const [quick, slow] = await Promise.all(
  (['quick', 'slow'] as const).map((name) =>
    startPartner(`/tmp/nd-bench-${process.pid}-${name}.sock`, name === 'slow' ? { answer: () => 'hang' } : {}),
  ),
)
const monitor = await startBenchMonitor(c.runDir)
const isTold = (type: string, status: string) => told(quick?.taken ?? []).includes(`${type} ${status}`)

for (let i = 0; i < CHANGES; i++) monitor.report(Health.HEALTHY, '', `BenchState${i}`)
await until('the first conditions', () => isTold(`BenchState${CHANGES - 1}`, 'FALSE'), 30_000)
const latencies: number[] = []
for (let i = 0; i < CHANGES; i++) {
  await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS))
  const began = performance.now()
  monitor.report(Health.PROBLEM, '', `BenchState${i}`)
  await until('it is told', () => isTold(`BenchState${i}`, 'TRUE'), 5000)
  latencies.push(performance.now() - began)
}
latencies.sort((a, b) => a - b)
const at = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN
reportFigure({
  name: `check result → ExportProblems taken, p50 of ${CHANGES}, beside one that hangs`,
  value: at(0.5),
  unit: 'ms',
})
reportFigure({ name: 'check result → ExportProblems taken, p99', value: at(0.99), unit: 'ms', budget: { max: 150 } })
// V8's own collections of a start are over by then.
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
reportFigure({
  name: 'external-exporter, private memory',
  value: memoryOf(c.pid('external-exporter')).privateMiB,
  unit: 'MiB',
  budget: { max: 24 },
})
await monitor.close()
await c.stop()
await Promise.all([quick?.close(), slow?.close()])
