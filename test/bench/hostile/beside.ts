/**
 * What one plug-in costs the others, beside the same without it, in the same run: the way of an honest monitor's report to the bus and to
 * the page, the detector's memory, and for how long its event loop is held. `--profile` writes a CPU profile of the detector.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { connectUnix } from '#rpc'
import {
  type Constellation,
  readStream,
  type StreamReader,
  startConstellation,
  until,
} from '../../e2e/constellation.ts'
import { type BenchMonitor, startBenchMonitor } from '../bench-monitor.ts'
import { reportFigure } from '../figure.ts'
import { cpuMs, memoryOf } from '../process/cost.ts'

const LOOP_DELAY = new URL('../process/loop-delay.ts', import.meta.url).href
const NAME = 'hostile'
const CHANGES = 200
const GIVE_UP_MS = 15_000

export interface Beside {
  /** Its program, which is started with the path of its socket. */
  readonly plugIn: URL
  /** "a flooding plug-in" */
  readonly words: string
  /** More private memory of the detector than without it. */
  readonly memoryMiB: number
}

interface Scene {
  readonly c: Constellation
  readonly honest: BenchMonitor
  readonly stream: StreamReader
  readonly loopFile: string
}

interface Ways {
  /** From the report to its acknowledgement: it is on the bus. The detector waits 20 ms for more to acknowledge. */
  readonly toBus: number[]
  readonly toPage: number[]
}

interface Measured extends Ways {
  readonly heldMs: number
  readonly memoryMiB: number
  /** Of its heap, as it says itself. */
  readonly heapMiB: number
  readonly millicores: number
}

let turn = 0

async function begin(dir: string): Promise<Scene> {
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
  return { c, honest, stream, loopFile }
}

/** One report after the other; both sorted, in milliseconds. */
async function ways({ honest, stream }: Scene): Promise<Ways> {
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
function heldMs(loopFile: string, since: number): number {
  if (!existsSync(loopFile)) return Number.NaN
  const lines = readFileSync(loopFile, 'utf8').trim().split('\n')
  const values = lines.map((line) => line.split(' ').map(Number)).filter(([at = 0]) => at > since)
  return Math.max(...values.map(([, held = Number.NaN]) => held))
}

/** The detector's heap as it was told last, at most ten seconds ago. */
async function heapMiB({ metricsUrl }: Constellation): Promise<number> {
  const text = await (await fetch(metricsUrl)).text()
  const [, bytes] = /^node_doctor_process_heap_used_bytes\{[^}]*service="detector"[^}]*\} (\S+)$/m.exec(text) ?? []
  return Number(bytes) / (1024 * 1024)
}

async function measured(scene: Scene): Promise<Measured> {
  const { c, loopFile } = scene
  const pid = c.pid('detector')
  const [since, spentMs] = [Date.now(), cpuMs(pid)]
  const found = await ways(scene)
  const { privateMiB } = memoryOf(pid)
  return {
    ...found,
    heldMs: heldMs(loopFile, since),
    memoryMiB: privateMiB,
    heapMiB: await heapMiB(c),
    millicores: (1000 * (cpuMs(pid) - spentMs)) / (Date.now() - since),
  }
}

function at(share: number, values: readonly number[]): number {
  return values[Math.floor(values.length * share)] ?? Number.NaN
}

function tellWays(words: string, alone: Ways, beside: Ways): void {
  const told = [
    ['toBus', 'report to bus'],
    ['toPage', 'report to page'],
  ] as const
  for (const [way, what] of told) {
    for (const [share, word] of [
      [0.5, 'p50'],
      [0.99, 'p99'],
    ] as const) {
      reportFigure({
        name: `${what} beside ${words}, ${word}`,
        value: at(share, beside[way]),
        unit: 'ms',
        ...(share === 0.99 ? { budget: { maxRatio: 1.1 } } : {}),
        comparedWith: { name: 'without it', value: at(share, alone[way]) },
      })
    }
  }
}

/** While it is there. */
async function beside<T>({ c }: Scene, { plugIn }: Beside, work: () => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [plugIn.pathname, join(c.runDir, 'monitors', `${NAME}.sock`)], {
    stdio: 'inherit',
  })
  const isKnown = async () => (await c.status()).monitors.some(({ name }) => name === NAME)
  try {
    await until('the plug-in is known', isKnown, 60_000)
    return await work()
  } finally {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}

/** Ends all that is known of it. */
async function forget({ c }: Scene): Promise<void> {
  const client = connectUnix(join(c.runDir, 'detector', 'detector.sock'))
  const isForgotten = () =>
    client
      .call(DetectorService.forget, { monitor: NAME })
      .then(() => true)
      .catch(() => false)
  await until('it is forgotten', isForgotten, 60_000)
  client.close()
}

/**
 * Measures without it, and then beside it; before both beside it for once, since what a detector has never done it compiles first, and
 * what that takes is nobody's flood.
 */
export async function benchBeside(options: Beside): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-hostile-'))
  const scene = await begin(dir)
  const { c, honest, stream } = scene
  await beside(scene, options, () => ways(scene))
  await forget(scene)
  const starts = c.starts('detector')
  const alone = await measured(scene)
  const there = await beside(scene, options, () => measured(scene))
  tell(options, alone, there)
  reportFigure({ name: 'restarts of the detector', value: c.starts('detector') - starts, unit: '', budget: { max: 0 } })
  stream.close()
  await honest.close()
  await c.stop()
  await rm(dir, { recursive: true, force: true })
}

function tell({ words, memoryMiB }: Beside, alone: Measured, there: Measured): void {
  tellWays(words, alone, there)
  reportFigure({
    name: `detector’s private memory beside ${words}`,
    value: there.memoryMiB,
    unit: 'MiB',
    budget: { max: alone.memoryMiB + memoryMiB },
    comparedWith: { name: 'without it', value: alone.memoryMiB },
  })
  reportFigure({
    name: `detector’s heap in use beside ${words}`,
    value: there.heapMiB,
    unit: 'MiB',
    comparedWith: { name: 'without it', value: alone.heapMiB },
  })
  reportFigure({
    name: `detector’s CPU beside ${words}`,
    value: there.millicores,
    unit: 'millicores',
    comparedWith: { name: 'without it', value: alone.millicores },
  })
  reportFigure({
    name: `detector’s event loop held at most beside ${words}`,
    value: there.heldMs,
    unit: 'ms',
    budget: { max: 100 },
    comparedWith: { name: 'without it', value: alone.heldMs },
  })
}
