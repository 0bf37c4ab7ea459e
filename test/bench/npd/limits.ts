/** Within the limits of node-problem-detector's manifest: 80 MiB and a hundredth of a core, nothing of it in memory yet. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../e2e/constellation.ts'
import { reportFigure } from '../figure.ts'
import { createGroup, type Group } from './cgroup.ts'
import { coldBundle, coldCopy, coldFolder } from './cold.ts'
import { kernelFile, logFile, logLine, pluginFile } from './files.ts'
import { argument, privateMiB } from './measure.ts'
import { type RunningNpd, startNpd } from './process.ts'

const LIMITS = { memoryMiB: 80, millicores: 10 }
const PER_SECOND = 100
/** One line of so many is looked for. */
const EACH = 100
const REASON = 'BenchMatched'
/** After the last line: it may be behind. */
const CATCH_UP_MS = 120_000

/** @returns how many lines were to be told */
async function writeFor(seconds: number, log: string): Promise<number> {
  const beganMs = performance.now()
  let written = 0
  let matching = 0
  while (written < seconds * PER_SECOND) {
    const due = Math.min(seconds * PER_SECOND, ((performance.now() - beganMs) * PER_SECOND) / 1000)
    for (; written < due; written++) {
      const isLookedFor = written % EACH === 0
      if (isLookedFor) matching++
      appendFileSync(
        log,
        logLine(isLookedFor ? `bench line ${written} is looked for` : `line ${written} says that all is well`),
      )
    }
    await sleep(20)
  }
  return matching
}

async function follow(npd: RunningNpd, group: Group, log: string): Promise<void> {
  const minutes = argument('--minutes', 10)
  const matching = await writeFor(minutes * 60, log)
  let told = 0
  const beganMs = performance.now()
  await until(
    'every line is told',
    async () => {
      told = await npd.series('problem_counter', REASON)
      return told >= matching
    },
    CATCH_UP_MS,
  ).catch((err: unknown) => process.stdout.write(`${String(err)}\n`))
  const name = `lines lost of ${matching} in ${minutes} min at ${PER_SECOND} a second`
  reportFigure({ name, value: matching - told, unit: '', budget: { max: 0 } })
  reportFigure({ name: 'the last told after', value: (performance.now() - beganMs) / 1000, unit: 's' })
  reportFigure({ name: 'ended by the kernel', value: group.kills(), unit: '', budget: { max: 0 } })
  reportFigure({ name: 'most charged with', value: group.peakMiB(), unit: 'MiB', budget: { max: LIMITS.memoryMiB } })
  reportFigure({ name: 'private memory within the limits', value: privateMiB(npd.pid), unit: 'MiB' })
}

export async function withinLimits(): Promise<void> {
  using group = createGroup(`nd-bench-${process.pid}`, LIMITS)
  if (group === undefined) return
  using folder = coldFolder()
  const log = join(folder.path, 'bench.log')
  writeFileSync(log, '')
  const files = {
    logs: [kernelFile(['KernelDeadlock']), logFile(log, 'bench line \\d+ is looked for.*', REASON)],
    plugins: [pluginFile('/bin/true')],
  }
  await using npd = await startNpd({
    files,
    groups: group.lists,
    node: coldCopy(process.execPath, join(folder.path, 'node')),
    bundle: coldBundle(folder.path),
  })
  const name = `start to first PATCH at ${LIMITS.millicores}m and ${LIMITS.memoryMiB} MiB, cold`
  reportFigure({ name, value: npd.firstPatchMs / 1000, unit: 's', budget: { max: 60 } })
  reportFigure({ name: 'processor time of it', value: npd.firstPatchCpuMs, unit: 'ms' })
  await follow(npd, group, log)
}
