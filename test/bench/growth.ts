/**
 * What each process grows by in an hour while a monitor reports 200 times a second beside the default checks; `up`, the
 * supervisor, included. `--minutes N` (default 15) after `--warm N` (default 5): what is kept
 * on purpose (the last events, what a page that comes back is told again) fills up in that time.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { reportFigure } from './figure.ts'
import { growthPerHour, memoryOf } from './process/cost.ts'
import { startSet } from './process/set.ts'

const LOAD = new URL('../e2e/hostile-monitor.ts', import.meta.url).pathname
const SAMPLE_MS = 5000

function argument(name: string, or: number): number {
  return Number(process.argv[process.argv.indexOf(name) + 1]) || or
}

const set = await startSet()
const { pids } = set
const load = spawn(process.execPath, [LOAD, join(set.runDir, 'monitors', 'load.sock'), 'load'], {
  stdio: 'inherit',
})
try {
  const seconds = argument('--minutes', 15) * 60
  await new Promise((resolve) => setTimeout(resolve, argument('--warm', 5) * 60_000))
  const samples = new Map([...pids.keys()].map((name) => [name, [] as number[]]))
  for (let at = 0; at < seconds * 1000; at += SAMPLE_MS) {
    for (const [name, pid] of pids) samples.get(name)?.push(memoryOf(pid).privateMiB)
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  }
  for (const [name, values] of samples) {
    reportFigure({ name: `${name}, private memory under load`, value: values.at(-1) ?? Number.NaN, unit: 'MiB' })
    reportFigure({
      name: `${name}, growth under load`,
      value: growthPerHour(values, seconds),
      unit: 'MiB/h',
      budget: { max: 12 },
    })
  }
} finally {
  load.kill('SIGKILL')
  await set.stop()
}
