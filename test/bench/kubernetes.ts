/**
 * The way to the API server: check result → PATCH accepted (budget 2), requests of a quiet node (budget 10), memory
 * (budget 5), a burst of events. `--real` asks a real Kubernetes API server instead of the fake (make test-kube builds it).
 */
import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { nodeEvent } from '../../services/k8s-exporter/testing-exporter.ts'
import { startConstellation, until } from '../e2e/constellation.ts'
import { startKubeScene } from '../e2e/kube-exporter.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'

const NODE = 'bench-node'
/** As many as a plug-in that nobody configured has places on the node. */
const CHANGES = 16
const QUIET_MS = 60_000
/** Above `updateInterval`, so that the pace of writes is not what is measured. */
const BETWEEN_MS = 1100
const EVENTS = 1000

const api = await startFakeApiServer({ nodes: [NODE] })
const kubeconfig = join(await mkdtemp(join(tmpdir(), 'nd-bench-kube-')), 'kubeconfig')
await api.writeKubeconfig(kubeconfig)
const c = await startConstellation({
  services: ['detector', 'http-exporter', 'k8s-exporter'],
  config: {
    settings: { logLevel: 'info', nodeName: NODE, kubeconfig },
    exporters: { kubernetes: { enabled: true, updateInterval: '1s' } },
  },
})
const monitor = await startBenchMonitor(c.runDir)

function statusOf(type: string): string | undefined {
  return api.node(NODE)?.status?.conditions?.find((condition) => condition.type === type)?.status
}

for (let i = 0; i < CHANGES; i++) monitor.report(Health.HEALTHY, '', `BenchState${i}`)
await until('the first conditions', () => statusOf('NodeDoctorHealthy') === 'True', 30_000)
const latencies: number[] = []
// Each of another type: one that comes and goes is damped, and rightly so.
for (let i = 0; i < CHANGES; i++) {
  await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS))
  const began = performance.now()
  monitor.report(Health.PROBLEM, '', `BenchState${i}`)
  await until('it is accepted', () => statusOf(`PluginBenchState${i}`) === 'True', 5000)
  latencies.push(performance.now() - began)
}
latencies.sort((a, b) => a - b)
const at = (part: number) => latencies[Math.floor((latencies.length - 1) * part)] ?? Number.NaN
reportFigure({ name: `check result → PATCH accepted, p50 of ${latencies.length}`, value: at(0.5), unit: 'ms' })
reportFigure({ name: 'check result → PATCH accepted, p99', value: at(0.99), unit: 'ms', budget: { max: 100 } })

// The note on the last change follows with the next write.
await new Promise((resolve) => setTimeout(resolve, 3 * BETWEEN_MS))
const before = api.requests.length
await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
const perHour = ((api.requests.length - before) / QUIET_MS) * 3_600_000
reportFigure({ name: 'requests of a quiet node, looks alone', value: perHour, unit: '/h', budget: { max: 80 } })
const smaps = readFileSync(`/proc/${c.pid('k8s-exporter')}/smaps_rollup`, 'utf8')
const privateMiB = Number(/^Private_Dirty:\s+(\d+) kB/m.exec(smaps)?.[1] ?? 0) / 1024
reportFigure({ name: 'k8s-exporter, private memory', value: privateMiB, unit: 'MiB', budget: { max: 28 } })
await monitor.close()
await c.stop()

// A burst: a thousand events of ten reasons, most of them repeats.
const kube = await startKubeScene({ api, nodeName: NODE })
const began = performance.now()
const from = api.requests.length
for (let i = 0; i < EVENTS; i++)
  await kube.detector.event(nodeEvent({ reason: `R${i % 10}`, message: `what ${i % 10}` }))
const counted = () =>
  api.events(({ reason = '' }) => reason.startsWith('R')).reduce((sum, { count = 0 }) => sum + count, 0)
await until('all are told', () => counted() === EVENTS, 120_000)
const took = (performance.now() - began) / 1000
reportFigure({ name: `${EVENTS} events in a burst, all told or counted`, value: took, unit: 's' })
reportFigure({ name: 'requests for them', value: api.requests.length - from, unit: '' })
reportFigure({
  name: 'requests a second meanwhile',
  value: (api.requests.length - from) / took,
  unit: '/s',
  budget: { max: 7 },
})
await kube.close()
await api.close()
