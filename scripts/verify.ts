/**
 * Verifies this code base: `node scripts/verify.ts lint|check|test`. Ends with one plain line, `N passed, N failed`,
 * in which every check counts as one, as every test does; what passed at a second try only is counted too. Ends with 1
 * when anything failed.
 */
import { join } from 'node:path'
import { countLeftBehind, inRunFolder, storesOf } from './verify/left-behind.ts'
import { type Outcome, runSteps } from './verify/run-step.ts'
import { type Counts, runVitest } from './verify/run-vitest.ts'
import { buildSteps, engineSteps, type Step, staticSteps } from './verify/steps.ts'

const ROOT = join(import.meta.dirname, '..')

interface Plan {
  /** One after the other: what comes later needs what they make. */
  readonly before: readonly Step[]
  readonly static: readonly Step[]
  /** Arguments of vitest; undefined for no tests. */
  readonly vitest?: readonly string[]
  readonly after: readonly Step[]
}

const PLANS: Record<string, () => Plan> = {
  lint: () => ({ before: [], static: staticSteps(ROOT), after: [] }),
  check: () => ({ before: [], static: staticSteps(ROOT), vitest: ['--project', 'unit'], after: [] }),
  test: () => ({ before: buildSteps(), static: staticSteps(ROOT), vitest: ['--coverage'], after: engineSteps(ROOT) }),
}

function countOutcomes(outcomes: readonly Outcome[]): Counts {
  const count = (outcome: Outcome) => outcomes.filter((other) => other === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
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
  const { vitest } = plan
  if (vitest !== undefined) {
    const ofTests = await inRunFolder((folder) =>
      Promise.resolve([runVitest(ROOT, vitest, { TMPDIR: folder }), countLeftBehind(storesOf(folder))]),
    )
    counts.push(...ofTests)
  }
  counts.push(countOutcomes(await runSteps(ROOT, plan.after, 1)))
  const sum = (key: keyof Counts) => counts.reduce((total, each) => total + (each[key] ?? 0), 0)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  const secondTries = sum('secondTries') > 0 ? `, ${sum('secondTries')} at a second try` : ''
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}${secondTries}`)
  return sum('failed') > 0 ? 1 : 0
}

process.exitCode = await main(process.argv[2])
