import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface VitestReport {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/**
 * Counts of a run. A file that did not even load counts as one failed; so does an end with an error that no test is
 * to blame for (the coverage gate, an error outside of any test).
 */
export function countReport(report: VitestReport | undefined, exitCode: number | null): Counts {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  const failed = report.numFailedTests + unloaded
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Runs vitest with its usual output, and counts by its JSON report. */
export function runVitest(root: string, args: readonly string[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'nd-vitest-'))
  const file = join(folder, 'report.json')
  try {
    const { status } = spawnSync(
      'vitest',
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args],
      { cwd: root, stdio: 'inherit' },
    )
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) : undefined
    const counts = countReport(report, status)
    if (counts.failed === 1 && report?.numFailedTests === 0)
      console.log('FAILED   vitest ended with an error that belongs to no test: a file, the coverage gate; see above')
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
