/**
 * Verifies this code base: `node scripts/verify.ts lint|check|test`. Ends with one plain line, `N passed, N failed`,
 * in which every check counts as one, as every test does; with 1 when anything failed.
 */
import { join } from 'node:path'
import { runStep } from './verify/run-step.ts'
import { type Counts, runVitest } from './verify/run-vitest.ts'
import { buildSteps, engineSteps, type Step, staticSteps } from './verify/steps.ts'

const ROOT = join(import.meta.dirname, '..')

interface Plan {
  readonly before: readonly Step[]
  /** Arguments of vitest; undefined for no tests. */
  readonly vitest?: readonly string[]
  readonly after: readonly Step[]
}

const PLANS: Record<string, () => Plan> = {
  lint: () => ({ before: staticSteps(ROOT), after: [] }),
  check: () => ({ before: staticSteps(ROOT), vitest: ['--project', 'unit'], after: [] }),
  test: () => ({
    before: [...buildSteps(), ...staticSteps(ROOT)],
    vitest: ['--coverage'],
    after: engineSteps(ROOT),
  }),
}

function runSteps(steps: readonly Step[]): Counts {
  const outcomes = steps.map((step) => runStep(ROOT, step))
  const count = (outcome: string) => outcomes.filter((other) => other === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

function main(name = ''): number {
  const plan = PLANS[name]?.()
  if (plan === undefined) {
    console.error(`usage: node scripts/verify.ts ${Object.keys(PLANS).join('|')}`)
    return 2
  }
  const counts = [
    runSteps(plan.before),
    ...(plan.vitest === undefined ? [] : [runVitest(ROOT, plan.vitest)]),
    runSteps(plan.after),
  ]
  const sum = (key: keyof Counts) => counts.reduce((total, each) => total + each[key], 0)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
  return sum('failed') > 0 ? 1 : 0
}

process.exitCode = main(process.argv[2])
