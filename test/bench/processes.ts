/** Memory, CPU and start of the real processes: budgets 5, 6, 7 and 8. `--steady N` seconds of steady work (default 30). */
import { readFileSync } from 'node:fs'
import { startConstellation, until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'

const MIB = 1024 * 1024
const steadySeconds = Number(process.argv[process.argv.indexOf('--steady') + 1]) || 30

interface Memory {
  readonly privateMiB: number
  readonly pssMiB: number
}

/** Anonymous and private dirty pages (what a container is charged beside shared page cache), and the proportional share. */
function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  return { privateMiB: (kib('Private_Dirty') * 1024) / MIB, pssMiB: (kib('Pss') * 1024) / MIB }
}

/** User and system time of a process, in milliseconds; 100 ticks a second on Linux. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const began = performance.now()
const c = await startConstellation({ config: { settings: { logLevel: 'info' } } })
await c.ready()
await until(
  'every check has run',
  async () => (await c.status()).monitors.find(({ name }) => name === 'system')?.health === 'alive',
)
reportFigure({
  name: 'start of detector, system, http-exporter to live page',
  value: (performance.now() - began) / 1000,
  unit: 's',
  budget: { max: 3 },
})

const pids = new Map<string, number>([
  ['detector', c.pid('detector')],
  ['system', c.pid('system')],
  ['http-exporter', c.pid('http-exporter')],
  ['nats-server', c.natsPid() ?? 0],
])
const budgets: Readonly<Record<string, number>> = { detector: 20, system: 14, 'http-exporter': 22, 'nats-server': 16 }

await new Promise((resolve) => setTimeout(resolve, 5000))
const before = new Map([...pids].map(([name, pid]) => [name, cpuMs(pid)]))
await new Promise((resolve) => setTimeout(resolve, steadySeconds * 1000))
let cpu = 0
let pss = 0
for (const [name, pid] of pids) {
  const { privateMiB, pssMiB } = memoryOf(pid)
  const milli = (cpuMs(pid) - (before.get(name) ?? 0)) / steadySeconds
  cpu += milli
  pss += pssMiB
  reportFigure({ name: `${name}, private memory`, value: privateMiB, unit: 'MiB', budget: { max: budgets[name] ?? 0 } })
  reportFigure({ name: `${name}, CPU at rest`, value: milli, unit: 'millicores' })
}
reportFigure({ name: 'all four together, PSS', value: pss, unit: 'MiB', budget: { max: 180 } })
reportFigure({ name: 'all four together, CPU at 30 s intervals', value: cpu, unit: 'millicores', budget: { max: 5 } })
await c.stop()
