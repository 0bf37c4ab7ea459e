import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RUN_REPORT_VARIABLE, type RunReport } from './run-reporter.ts'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Of those that passed: at a second try only. */
  readonly secondTries?: number
}

interface VitestReport {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/** More tests that pass at a second try only are one failure more: something is not well with them. */
export const SECOND_TRIES_MOST = 5

/** How long a file may take, in seconds, by its project; what takes longer is named. */
const BUDGET_S: Readonly<Record<string, number>> = { unit: 10, parts: 30, world: 45, page: 60 }
const SLOWEST = 8

/**
 * Counts of a run. A file that did not even load counts as one failed; so does an end with an error that no test is
 * to blame for (the coverage gate, an error outside of any test).
 */
export function countReport(report: VitestReport | undefined, exitCode: number | null, secondTries = 0): Counts {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, secondTries }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + unloaded
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    secondTries,
  }
}

/** Counts of several runs, together. More than {@link SECOND_TRIES_MOST} in all of them are one failure. */
export function addUp(all: readonly Counts[]): Required<Counts> {
  const sum = (key: keyof Counts) => all.reduce((total, each) => total + (each[key] ?? 0), 0)
  const secondTries = sum('secondTries')
  const failed = sum('failed') + (secondTries > SECOND_TRIES_MOST ? 1 : 0)
  return { passed: sum('passed'), failed, skipped: sum('skipped'), secondTries }
}

/** Lines for people: what passed at a second try only, and the slowest files beside their budget. */
export function renderRun({ secondTries, files }: RunReport): string[] {
  const slowest = files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)
  const tooMany = secondTries.length > SECOND_TRIES_MOST ? `; more than ${SECOND_TRIES_MOST} are a failure` : ''
  return [
    ...secondTries.map((name) => `passed at a second try only: ${name}${tooMany}`),
    ...slowest.map(({ project, name, ms }) => {
      const budget = BUDGET_S[project] ?? Number.POSITIVE_INFINITY
      const over = ms > budget * 1000 ? `, over its budget of ${budget} s` : ''
      return `${(ms / 1000).toFixed(1).padStart(8)} s ${name}${over}`
    }),
  ]
}

function read<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

/**
 * Runs vitest with its usual output, counts by its JSON report, and says what was slow or needed a second try.
 * @param env variables of its environment beside those of this process
 */
export async function runVitest(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'nd-vitest-'))
  const file = join(folder, 'report.json')
  const runFile = join(folder, 'run.json')
  try {
    const status = await statusOf(
      root,
      [
        'run',
        '--reporter=default',
        '--reporter=json',
        '--reporter=./scripts/verify/run-reporter.ts',
        `--outputFile.json=${file}`,
        ...args,
      ],
      { ...env, [RUN_REPORT_VARIABLE]: runFile },
    )
    const report = read<VitestReport>(file)
    const run = read<RunReport>(runFile) ?? { secondTries: [], files: [] }
    for (const line of renderRun(run)) console.log(line)
    const counts = countReport(report, status, run.secondTries.length)
    if (counts.failed === 1 && report?.numFailedTests === 0)
      console.log('FAILED   vitest ended with an error that belongs to no test: a file, the coverage gate; see above')
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How vitest ended; null where a signal did it, or where it cannot be started. */
async function statusOf(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | null> {
  const child = spawn('vitest', args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  try {
    const [status] = (await once(child, 'close')) as [number | null]
    return status
  } catch (err) {
    console.log(`FAILED   vitest cannot be started: ${String(err)}`)
    return null
  }
}
