/** Private memory beside that of before, after a million lines of which a tenth matches. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../e2e/constellation.ts'
import { reportFigure } from '../figure.ts'
import { logFile, logLine } from './files.ts'
import { argument, privateMiB } from './measure.ts'
import { startNpd } from './process.ts'

const EACH = 10
const AT_ONCE = 10_000
const REASON = 'BenchMatched'
const SETTLE_MS = 30_000
const PATIENCE_MS = 300_000

function someLines(from: number): string {
  return Array.from({ length: AT_ONCE }, (_, index) =>
    logLine(
      index % EACH === 0 ? `bench line ${from + index} is looked for` : `line ${from + index} says that all is well`,
    ),
  ).join('')
}

export async function afterManyLines(): Promise<void> {
  const lines = argument('--lines', 1_000_000)
  const folder = mkdtempSync(join(tmpdir(), 'nd-bench-lines-'))
  const log = join(folder, 'bench.log')
  writeFileSync(log, '')
  // What was never True is told too: the first PATCH.
  const own = {
    ...logFile(log, 'bench line \\d+ is looked for.*', REASON),
    conditions: [{ type: 'Bench', reason: 'No', message: '' }],
  }
  try {
    await using npd = await startNpd({ files: { logs: [own] } })
    await sleep(SETTLE_MS)
    const before = privateMiB(npd.pid)
    const beganMs = performance.now()
    let most = before
    for (let from = 0; from < lines; from += AT_ONCE) {
      appendFileSync(log, someLines(from))
      const due = (from + AT_ONCE) / EACH
      await until('they are read', async () => (await npd.series('problem_counter', REASON)) >= due, PATIENCE_MS)
      most = Math.max(most, privateMiB(npd.pid))
    }
    reportFigure({
      name: `${lines} lines, a tenth matching, read in`,
      value: (performance.now() - beganMs) / 1000,
      unit: 's',
    })
    await sleep(SETTLE_MS)
    const grown = privateMiB(npd.pid) - before
    reportFigure({ name: 'private memory more than before', value: grown, unit: 'MiB', budget: { max: 16 } })
    reportFigure({ name: 'meanwhile at most more', value: most - before, unit: 'MiB' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
