/**
 * Repairs: from a problem that opens to its attempt in the journal, on disk; and what the two processes cost at rest. Each problem has a
 * script of its own, so that none waits for another's cooldown. How fast a unit runs again says test/e2e/repairs.test.ts on a real systemd.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
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
  readonly history: readonly { readonly startTime: string; readonly problem: { readonly DetectedAt: string } }[]
}

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

async function measure(bench: BenchMonitor): Promise<void> {
  for (let i = 0; i < PROBLEMS; i++) bench.report(Health.HEALTHY, '', `BenchState${i}`)
  await until('the last condition', () => c.condition(`BenchState${PROBLEMS - 1}`))
  const begun: number[] = []
  for (let i = 0; i < PROBLEMS; i++) {
    const beganMs = nowMs()
    bench.report(Health.PROBLEM, '', `BenchState${i}`)
    const ran = await until(
      `script ${i}`,
      () =>
        readFile(ranOf(i), 'utf8').then(
          (text) => text.trim() || undefined,
          () => undefined,
        ),
      PATIENCE_MS,
    )
    begun.push(Number(ran) / 1e6 - beganMs)
    bench.report(Health.HEALTHY, '', `BenchState${i}`)
    // Its end and its verdict are written, and nothing waits for the next one.
    await until(
      'its verdict',
      async () => (await c.json<Told>('/remediation/history?limit=1000')).history.length > i,
      PATIENCE_MS,
    )
  }
  const { history } = await c.json<Told>('/remediation/history?limit=1000')
  const started = history.map(({ startTime, problem }) => Date.parse(startTime) - Date.parse(problem.DetectedAt))
  const at = (values: readonly number[], part: number) =>
    values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN
  reportFigure({
    name: `problem opened → attempt in the journal, p50 of ${PROBLEMS}`,
    value: at(started, 0.5),
    unit: 'ms',
  })
  reportFigure({
    name: `problem opened → attempt in the journal, the slowest of ${PROBLEMS}`,
    value: at(started, 1),
    unit: 'ms',
    budget: { max: 50 },
  })
  reportFigure({ name: 'problem reported → its script runs, p50', value: at(begun, 0.5), unit: 'ms' })
  reportFigure({ name: 'problem reported → its script runs, the slowest', value: at(begun, 1), unit: 'ms' })
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
