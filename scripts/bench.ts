/** Runs the benchmarks of test/bench, each in a process of its own, and says which figures are outside their budgets. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { FIGURES_FILE, type Figure, renderFigure } from '../test/bench/figure.ts'

const ROOT = join(import.meta.dirname, '..')
const HELPERS = ['figure.ts', 'bench-monitor.ts']

interface Collected extends Figure {
  readonly inside: boolean
}

/** `bus` for test/bench/bus.ts. */
function benchmarks(only: readonly string[]): string[] {
  return globSync('test/bench/*.ts', { cwd: ROOT })
    .map((file) => basename(file))
    .filter((file) => !HELPERS.includes(file) && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((name) => only.length === 0 || only.includes(name))
    .sort()
}

function readFigures(file: string): Collected[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Collected)
}

function main(only: readonly string[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'nd-bench-'))
  const file = join(folder, 'figures')
  try {
    const failed = benchmarks(only).filter((name) => {
      console.log(`\n${name}`)
      const { status } = spawnSync(process.execPath, [join('test/bench', `${name}.ts`)], {
        cwd: ROOT,
        stdio: 'inherit',
        env: { ...process.env, [FIGURES_FILE]: file },
      })
      return status !== 0
    })
    const figures = readFigures(file)
    const outside = figures.filter(({ inside }) => !inside)
    console.log(`\n${figures.length - outside.length} of ${figures.length} figures inside their budgets`)
    for (const figure of outside) console.log(renderFigure(figure))
    for (const name of failed) console.log(`FAILED   test/bench/${name}.ts ended with an error`)
    return failed.length > 0 || outside.length > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = main(process.argv.slice(2))
