/**
 * Repairs: from a problem that opens to its attempt in the journal, on disk; and what the two processes cost at rest. Each problem has a
 * script of its own, so that none waits for another's cooldown. How fast a unit runs again says test/e2e/repairs.test.ts on a real systemd.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, loadavg } from 'node:os'
import { join } from 'node:path'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { startConstellation, until } from '../e2e/constellation.ts'
import { type BenchMonitor, startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'
import { memoryOf } from './process/cost.ts'

/** As many as one block may name. */
const PROBLEMS = 20
const SETTLE_MS = 30_000
const PATIENCE_MS = 60_000

interface Told {
  readonly history: readonly {
    readonly startTime: string
    readonly state: string
    readonly problem: { readonly Type: string; readonly DetectedAt: string }
  }[]
}

/** Each problem opens so often: of fewer than a hundred samples there is no 99th of a hundred. `--samples N` in all, default 200. */
const asked = process.argv.indexOf('--samples')
const ROUNDS = Math.ceil((Number(process.argv[asked + 1]) || 200) / PROBLEMS)
const SAMPLES = ROUNDS * PROBLEMS

// Scripts that root starts lie in folders of root's alone, and nobody may write into /tmp's.
const folder = await mkdtemp(join(homedir(), '.nd-bench-'))
const dir = join(folder, 'set')
await mkdir(dir)
const scriptOf = (i: number) => join(folder, `repair-${i}.sh`)
const ranOf = (i: number) => join(folder, `ran-${i}`)
const nowMs = () => performance.timeOrigin + performance.now()
for (let i = 0; i < PROBLEMS; i++) await writeFile(scriptOf(i), `#!/bin/sh\ndate +%s%N >${ranOf(i)}\n`, { mode: 0o755 })
const [first, ...others] = Array.from({ length: PROBLEMS }, (_, i) => ({
  for: [`BenchState${i}`],
  strategy: 'custom-script',
  scriptPath: scriptOf(i),
  cooldown: '1s',
}))
const c = await startConstellation({
  dir,
  services: ['detector', 'remediator', 'host-actions', 'http-exporter'],
  config: {
    settings: { logLevel: 'info' },
    plugins: [
      {
        name: 'bench',
        socketAddress: join(dir, 'run/monitors/bench.sock'),
        remediation: { ...first, strategies: others },
      },
    ],
    remediation: { enabled: true, maxRetriesPerMinute: 0, maxRetriesPerHour: 1000 },
  },
})
let monitor: BenchMonitor | undefined
try {
  await c.ready()
  monitor = await startBenchMonitor(c.runDir)
  await measure(monitor)
} finally {
  await monitor?.close()
  await c.stop()
  await rm(folder, { recursive: true, force: true })
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => '',
  )
}

/** Attempts that are over, looked at and all; of problems that were held back there is an entry, too. */
async function settled(): Promise<Told['history']> {
  const { history } = await c.json<Told>('/remediation/history?limit=1000')
  return history.filter(({ state }) => !['running', 'verifying', 'held-back'].includes(state))
}

/** One problem that opens, is repaired and proven over. @returns milliseconds from its report until its script runs */
async function repaired(bench: BenchMonitor, before: number): Promise<number> {
  const i = before % PROBLEMS
  // What comes and goes is repaired no more: each of its things is sick once.
  const entity = `thing:${Math.floor(before / PROBLEMS)}`
  const last = await textOf(ranOf(i))
  const beganMs = nowMs()
  bench.report(Health.PROBLEM, entity, `BenchState${i}`)
  const ran = await until(
    `script ${i}`,
    async () => {
      const now = await textOf(ranOf(i))
      return now === '' || now === last ? undefined : now
    },
    PATIENCE_MS,
  )
  // Its rule may ask for more than one look: it is settled, and nothing waits for the next one.
  const isSettled = async (): Promise<boolean> => {
    bench.report(Health.HEALTHY, entity, `BenchState${i}`)
    return (await settled()).length > before
  }
  await until('its verdict', isSettled, PATIENCE_MS)
  return Number(ran) / 1e6 - beganMs
}

async function measure(bench: BenchMonitor): Promise<void> {
  bench.report(Health.HEALTHY, '')
  await until('the first condition', () => c.condition('BenchState'))
  // Until the detector was heard for the first time nothing is begun: that is of the start, and told by itself.
  await repaired(bench, 0)
  const begun: number[] = []
  for (let n = 1; n <= SAMPLES; n++) begun.push(await repaired(bench, n))
  const [ofStart = Number.NaN, ...started] = (await settled())
    .map(({ startTime, problem }) => Date.parse(startTime) - Date.parse(problem.DetectedAt))
    .toReversed()
  const at = (values: readonly number[], part: number) =>
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
  const name = `problem opened → attempt in the journal, of ${SAMPLES}`
  reportFigure({ name: 'the same of the first one, right after the start', value: ofStart, unit: 'ms' })
  reportFigure({ name: `${name}: p50`, value: at(started, 0.5), unit: 'ms' })
  reportFigure({ name: `${name}: p99`, value: at(started, 0.99), unit: 'ms', budget: { max: 50 } })
  reportFigure({ name: `${name}: the slowest`, value: at(started, 1), unit: 'ms' })
  reportFigure({ name: 'problem reported → its script runs, p50', value: at(begun, 0.5), unit: 'ms' })
  reportFigure({ name: 'problem reported → its script runs, p99', value: at(begun, 0.99), unit: 'ms' })
  const slow = started.flatMap((ms, n) => (ms > 50 ? [`number ${n}: ${ms} ms`] : []))
  if (slow.length > 0) console.log(`slower than 50 ms: ${slow.join(', ')}; load ${loadavg()[0]?.toFixed(1)}`)
  reportFigure({
    name: 'load of the machine meanwhile, on the average of a minute',
    value: loadavg()[0] ?? 0,
    unit: '',
  })
  // V8's own collections of a start are over by then.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const detector = memoryOf(c.pid('detector')).privateMiB
  reportFigure({ name: 'detector, private memory', value: detector, unit: 'MiB' })
  reportFigure({
    name: 'remediator, private memory',
    value: memoryOf(c.pid('remediator')).privateMiB,
    unit: 'MiB',
    budget: { max: detector },
  })
  reportFigure({
    name: 'host-actions, private memory',
    value: memoryOf(c.pid('host-actions')).privateMiB,
    unit: 'MiB',
    budget: { max: 18 },
  })
}
