/**
 * What one hostile plug-in at every limit at once costs the others: the way of an honest monitor's report to the page,
 * the detector's memory, and for how long its event loop is held; beside the same without it, in the same run.
 * `--profile` writes a CPU profile of the detector.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { readStream, startConstellation, until } from '../e2e/constellation.ts'
import { startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'
import { memoryOf } from './process/cost.ts'

const PLUG_IN = new URL('hostile/plug-in.ts', import.meta.url).pathname
const LOOP_DELAY = new URL('process/loop-delay.ts', import.meta.url).href
const CHANGES = 200
const GIVE_UP_MS = 15_000

const dir = await mkdtemp(join(tmpdir(), 'nd-hostile-'))
const loopFile = join(dir, 'loop')
const profile = process.argv.includes('--profile') ? ` --cpu-prof --cpu-prof-dir=${join(tmpdir(), 'nd-profile')}` : ''
const c = await startConstellation({
  services: ['detector', 'http-exporter'],
  config: { settings: { logLevel: 'error' }, monitors: [] },
  env: {
    NODE_OPTIONS: `--import ${LOOP_DELAY}${profile}`,
    NODE_DOCTOR_LOOP_FILE: loopFile,
    NODE_DOCTOR_LOOP_SERVICE: 'detector',
  },
})
await c.ready()
const honest = await startBenchMonitor(c.runDir)
const stream = readStream(c.url)
await until('the stream begins', () => stream.messages.length > 0)
let turn = 0

interface Ways {
  /** From the report to its acknowledgement: it is on the bus. The detector waits 20 ms for more to acknowledge. */
  readonly toBus: number[]
  readonly toPage: number[]
}

/** One report after the other; both sorted, in milliseconds. */
async function ways(): Promise<Ways> {
  const found: Ways = { toBus: [], toPage: [] }
  for (let i = 0; i < CHANGES; i++) {
    const entity = `bench:${i % 100}`
    const from = stream.messages.length
    const health = turn++ % 200 < 100 ? Health.PROBLEM : Health.UNKNOWN
    const began = performance.now()
    honest.report(health, entity)
    const acknowledged = honest.whenAcknowledged()
    const isIt = (one: { type: string; entity: string }) => one.type === 'BenchState' && one.entity === entity
    const seen = await until(
      'the page’s stream tells it',
      () => {
        const told = stream.messages.slice(from)
        return told.find(({ message }) => message.kind === 'change' && message.conditions.some(isIt))
      },
      GIVE_UP_MS,
    ).catch(() => undefined)
    found.toPage.push((seen?.atMs ?? began + GIVE_UP_MS) - began)
    found.toBus.push((await acknowledged) - began)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  found.toBus.sort((a, b) => a - b)
  found.toPage.sort((a, b) => a - b)
  return found
}

/** The longest time that the detector's loop was held since then. */
function heldMs(since: number): number {
  if (!existsSync(loopFile)) return Number.NaN
  const lines = readFileSync(loopFile, 'utf8').trim().split('\n')
  const values = lines.map((line) => line.split(' ').map(Number)).filter(([at = 0]) => at > since)
  return Math.max(...values.map(([, held = Number.NaN]) => held))
}

function at(share: number, values: readonly number[]): number {
  return values[Math.floor(values.length * share)] ?? Number.NaN
}

await ways()
let since = Date.now()
const alone = await ways()
const before = { held: heldMs(since), memory: memoryOf(c.pid('detector')).privateMiB }
const starts = c.starts('detector')
const hostile = spawn(process.execPath, [PLUG_IN, join(c.runDir, 'monitors', 'hostile.sock')], { stdio: 'inherit' })
await until(
  'the plug-in is known',
  async () => (await c.status()).monitors.some(({ name }) => name === 'hostile'),
  60_000,
)
since = Date.now()
const beside = await ways()
const during = { held: heldMs(since), memory: memoryOf(c.pid('detector')).privateMiB }

for (const [way, what] of [
  ['toBus', 'report to bus'],
  ['toPage', 'report to page'],
] as const) {
  for (const [share, word] of [
    [0.5, 'p50'],
    [0.99, 'p99'],
  ] as const) {
    reportFigure({
      name: `${what} beside a hostile plug-in, ${word}`,
      value: at(share, beside[way]),
      unit: 'ms',
      ...(share === 0.99 ? { budget: { maxRatio: 1.1 } } : {}),
      comparedWith: { name: 'without it', value: at(share, alone[way]) },
    })
  }
}
reportFigure({
  name: 'detector’s private memory beside it',
  value: during.memory,
  unit: 'MiB',
  budget: { max: before.memory + 16 },
  comparedWith: { name: 'without it', value: before.memory },
})
reportFigure({
  name: 'detector’s event loop held at most',
  value: during.held,
  unit: 'ms',
  budget: { max: 100 },
  comparedWith: { name: 'without it', value: before.held },
})
reportFigure({ name: 'restarts of the detector', value: c.starts('detector') - starts, unit: '', budget: { max: 0 } })
hostile.kill('SIGKILL')
stream.close()
await honest.close()
await c.stop()
await rm(dir, { recursive: true, force: true })
