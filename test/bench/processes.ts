/**
 * Memory, CPU, wakes and start of the real processes at rest: budgets 5, 6, 7 and 8. `--steady N` seconds of steady work
 * (default 60). How memory grows under load is told by growth.ts.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { startConstellation, until } from '../e2e/constellation.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { reportFigure } from './figure.ts'
import { cpuMs, memoryOf, voluntarySwitches } from './process/cost.ts'

const NODE = 'test-node'
const BUDGET_MIB: Readonly<Record<string, number>> = {
  detector: 21,
  system: 19,
  'http-exporter': 24,
  'k8s-exporter': 25,
  'nats-server': 16,
}
const steadySeconds = Number(process.argv[process.argv.indexOf('--steady') + 1]) || 60

/** What lies below a folder, in MiB: of a tmpfs that is memory, charged to whoever wrote it, and in no process. */
async function sizeMiB(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024
}

const api = await startFakeApiServer({ nodes: [NODE] })
const kubeconfig = join('/tmp', `nd-bench-kubeconfig-${process.pid}`)
await api.writeKubeconfig(kubeconfig)
const began = performance.now()
const c = await startConstellation({
  services: ['detector', 'system', 'http-exporter', 'k8s-exporter'],
  config: { settings: { logLevel: 'info', kubeconfig }, exporters: { kubernetes: { enabled: true } } },
})
await c.ready()
await until(
  'every check has run',
  async () => (await c.status()).monitors.find(({ name }) => name === 'system')?.health === 'alive',
)
reportFigure({
  name: 'start of detector, system, both exporters to live page',
  value: (performance.now() - began) / 1000,
  unit: 's',
  budget: { max: 3 },
})

const pids = new Map<string, number>([
  ...['detector', 'system', 'http-exporter', 'k8s-exporter'].map((name) => [name, c.pid(name)] as const),
  ['nats-server', c.natsPid() ?? 0],
])

await new Promise((resolve) => setTimeout(resolve, 15_000))
const before = new Map([...pids].map(([name, pid]) => [name, { cpu: cpuMs(pid), switches: voluntarySwitches(pid) }]))
await new Promise((resolve) => setTimeout(resolve, steadySeconds * 1000))
let cpu = 0
let pss = 0
for (const [name, pid] of pids) {
  const { privateMiB, pssMiB } = memoryOf(pid)
  const first = before.get(name)
  const milli = (cpuMs(pid) - (first?.cpu ?? 0)) / steadySeconds
  cpu += milli
  pss += pssMiB
  const max = BUDGET_MIB[name] ?? 0
  reportFigure({ name: `${name}, private memory`, value: privateMiB, unit: 'MiB', budget: { max } })
  reportFigure({ name: `${name}, CPU at rest`, value: milli, unit: 'millicores' })
  reportFigure({
    name: `${name}, voluntary switches of its main thread`,
    value: (voluntarySwitches(pid) - (first?.switches ?? 0)) / steadySeconds,
    unit: '/s',
    budget: { max: 6 },
  })
}
reportFigure({ name: 'all five together, PSS', value: pss, unit: 'MiB', budget: { max: 180 } })
reportFigure({ name: 'all five together, CPU at 30 s intervals', value: cpu, unit: 'millicores', budget: { max: 8 } })
reportFigure({ name: 'the bus’s store, in no process', value: await sizeMiB(join(c.runDir, 'bus')), unit: 'MiB' })
await c.stop()
await api.close()
