/**
 * Verifies this code base: `node scripts/verify.ts lint|check|test`. Ends with one plain line, `N passed, N failed`,
 * in which every check counts as one, as every test does; what passed at a second try only is counted too. Ends with 1
 * when anything failed.
 */
import { join } from 'node:path'
import { countLeftBehind, inRunFolder, storesOf } from './verify/left-behind.ts'
import { PAGE_COVERAGE_VARIABLE } from './verify/page-coverage.ts'
import { type Outcome, runSteps } from './verify/run-step.ts'
import { addUp, type Counts, runVitest } from './verify/run-vitest.ts'
import { buildSteps, engineSteps, type Step, staticSteps } from './verify/steps.ts'

const ROOT = join(import.meta.dirname, '..')

/** Tests, and what is verified beside them. */
interface Run {
  /** Arguments of vitest. */
  readonly vitest: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly beside?: readonly Step[]
}

interface Plan {
  /** One after the other: what comes later needs what they make. */
  readonly before: readonly Step[]
  readonly static: readonly Step[]
  /** One after the other. */
  readonly runs: readonly Run[]
}

/** What the projects of vitest.config.ts build before their tests is built by then. */
const BUILT = { NODE_DOCTOR_BUILT: '1' }

const PLANS: Record<string, () => Plan> = {
  lint: () => ({ before: [], static: staticSteps(ROOT), runs: [] }),
  check: () => ({ before: [], static: staticSteps(ROOT), runs: [{ vitest: ['--project', 'unit'] }] }),
  test: () => ({
    before: buildSteps(),
    static: staticSteps(ROOT),
    runs: [
      { vitest: ['--coverage', ...['unit', 'parts', 'world'].flatMap((name) => ['--project', name])], env: BUILT },
      // A browser that waits, and containers that are waited for: neither looks at the machine, as many of the others do.
      {
        vitest: ['--project', 'page'],
        env: { [PAGE_COVERAGE_VARIABLE]: '1' },
        beside: engineSteps(ROOT),
      },
    ],
  }),
}

function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const count = (outcome: Outcome) => outcomes.filter((other) => other === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** Tests in a folder of their own, which has to be gone again as they leave it, and what runs beside them. */
async function runTests({ vitest, env = {}, beside = [] }: Run): Promise<readonly Counts[]> {
  const [tests, steps] = await Promise.all([
    inRunFolder(async (folder) => [
      await runVitest(ROOT, vitest, {
        ...env,
        TMPDIR: folder,
        // A process that a test starts from sources takes 0.4 s of the processor instead of 1.2 where they are compiled already.
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
      }),
      countLeftBehind(storesOf(folder)),
    ]),
    runSteps(ROOT, beside, 1),
  ])
  return [...tests, countOutcomes(steps)]
}

async function main(name = ''): Promise<number> {
  const plan = PLANS[name]?.()
  if (plan === undefined) {
    console.error(`usage: node scripts/verify.ts ${Object.keys(PLANS).join('|')}`)
    return 2
  }
  const counts: Counts[] = [
    countOutcomes(await runSteps(ROOT, plan.before, 1)),
    countOutcomes(await runSteps(ROOT, plan.static, 2)),
  ]
  for (const run of plan.runs) counts.push(...(await runTests(run)))
  const { passed, failed, skipped, secondTries } = addUp(counts)
  const more = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(secondTries > 0 ? [`${secondTries} at a second try`] : []),
  ]
  console.log([`${passed} passed`, `${failed} failed`, ...more].join(', '))
  return failed > 0 ? 1 : 0
}

process.exitCode = await main(process.argv[2])
