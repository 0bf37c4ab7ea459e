/**
 * Memory, CPU, wakes and start of the real processes at rest, `up` that supervises them included: budgets 5, 6, 7 and 8.
 * `--settle N` seconds after the start (default 30: V8's own collections of a start are over by then), `--steady N`
 * seconds of rest (default 60). How memory grows under load is told by growth.ts.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'
import { cpuMs, memoryOf, voluntarySwitches } from './process/cost.ts'
import { startSet } from './process/set.ts'

/** Of `up` and nats-server none is set for what is private to them beside what a service has. */
const BUDGET_MIB: Readonly<Record<string, number>> = {
  detector: 21,
  system: 19,
  'http-exporter': 24,
  'k8s-exporter': 25,
  'nats-server': 16,
}
/** Main threads of Node; nats-server's is one of many that its runtime wakes. */
const WAKES_PER_SECOND = 6
const MILLICORES = 8

function argument(name: string, or: number): number {
  return Number(process.argv[process.argv.indexOf(name) + 1]) || or
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000))
}

/** What lies below a folder, in MiB: of a tmpfs that is memory, charged to whoever wrote it, and in no process. */
async function sizeMiB(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024
}

const steadySeconds = argument('--steady', 60)
const began = performance.now()
await using set = await startSet()
await until('the page is live', async () => (await set.status()).detector.state === 'live')
await until(
  'every check has run',
  async () => (await set.status()).monitors.find(({ name }) => name === 'system')?.health === 'alive',
)
reportFigure({
  name: 'start of the whole set to live page',
  value: (performance.now() - began) / 1000,
  unit: 's',
  budget: { max: 3 },
})

await seconds(argument('--settle', 30))
const counted = () =>
  [...set.pids].map(([name, pid]) => ({ name, pid, cpu: cpuMs(pid), wakes: voluntarySwitches(pid) }))
const before = new Map(counted().map((one) => [one.name, one]))
await seconds(steadySeconds)
let cpuAll = 0
let pssAll = 0
for (const { name, pid, cpu, wakes } of counted()) {
  const { privateMiB, pssMiB } = memoryOf(pid)
  const first = before.get(name)
  const milli = (cpu - (first?.cpu ?? 0)) / steadySeconds
  cpuAll += milli
  pssAll += pssMiB
  const max = BUDGET_MIB[name]
  reportFigure({
    name: `${name}, private memory`,
    value: privateMiB,
    unit: 'MiB',
    ...(max === undefined ? {} : { budget: { max } }),
  })
  reportFigure({ name: `${name}, CPU at rest`, value: milli, unit: 'millicores' })
  reportFigure({
    name: `${name}, wakes of its main thread`,
    value: (wakes - (first?.wakes ?? 0)) / steadySeconds,
    unit: '/s',
    ...(name === 'nats-server' ? {} : { budget: { max: WAKES_PER_SECOND } }),
  })
}
reportFigure({ name: 'all six together, PSS', value: pssAll, unit: 'MiB', budget: { max: 180 } })
reportFigure({
  name: 'all six together, CPU at 30 s intervals',
  value: cpuAll,
  unit: 'millicores',
  budget: { max: MILLICORES },
})
reportFigure({ name: 'the bus’s store, in no process', value: await sizeMiB(set.storeDir), unit: 'MiB' })
