/**
 * `make test-npd`: each case through node-problem-detector v1.36.0 and through ours; ends with
 * `N same, M by §8 or newer than v1.36.0`, and with 1 where anything else differs. `--help` lists its options.
 */
import { parseArgs } from 'node:util'
import type { Canonical } from './canonical.ts'
import { allCases } from './cases/index.ts'
import { type Difference, differencesOf, type Verdict, verdictOf } from './compare.ts'
import { findNpd } from './npd.ts'
import { createPorts, type Ports } from './ports.ts'
import { type Program, runProgram } from './program.ts'
import type { Case } from './types.ts'

const HELP = `node test/npd/run.ts [options]
  --only TEXT      cases with this in their name
  --against npd    NPD twice, which says whether a case is one that can be compared
  --show           prints what NPD told
  --jobs N         so many cases at a time (4)
`

const OURS = [process.execPath, new URL('../../dist/npd.mjs', import.meta.url).pathname]

function told(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

function words({ at, npd, ours, by }: Difference): string {
  return `    ${by === undefined ? '' : `(${by}) `}${at}: NPD ${told(npd)}, ours ${told(ours)}`
}

interface Outcome {
  readonly verdict: Verdict
  readonly text: string
}

interface Setting {
  readonly npd: Program
  readonly ours: Program
  readonly ports: Ports
  readonly isShown: boolean
}

async function compareCase(one: Case, { npd, ours, ports, isShown }: Setting): Promise<Outcome> {
  let log = ''
  const [theirs, own] = await Promise.all([
    runProgram(npd, one, ports),
    runProgram(ours, one, ports, (text) => {
      log = `${log}${text}`.slice(-4000)
    }),
  ])
  const differences = differencesOf(theirs, own, one)
  const verdict = verdictOf(differences)
  const shown = (record: Canonical): string => (isShown ? `\n${JSON.stringify(record, null, 2)}` : '')
  const why = verdict === 'differs' ? `\n${log.trimEnd().replaceAll(/^/gm, '    | ')}` : ''
  const text = [`${verdict.padEnd(8)}${one.name}`, ...differences.map(words)].join('\n')
  return { verdict, text: `${text}${why}${shown(theirs)}` }
}

/** So many at a time, told in the order of the cases. */
async function runAll(cases: readonly Case[], jobs: number, run: (one: Case) => Promise<Outcome>): Promise<Verdict[]> {
  const outcomes: Promise<Outcome>[] = []
  const free: Promise<unknown>[] = Array.from({ length: jobs }, () => Promise.resolve())
  for (const [index, one] of cases.entries()) {
    const slot = index % jobs
    const outcome = (free[slot] ?? Promise.resolve()).then(() => run(one))
    outcomes.push(outcome)
    free[slot] = outcome.catch(() => undefined)
  }
  const verdicts: Verdict[] = []
  for (const outcome of outcomes) {
    const { verdict, text } = await outcome
    console.log(text)
    verdicts.push(verdict)
  }
  return verdicts
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      against: { type: 'string', default: 'ours' },
      show: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const found = findNpd()
  if (found === undefined) return 0
  const npd: Program = { name: 'npd', command: [found.binary] }
  const ours: Program = values.against === 'npd' ? npd : { name: 'ours', command: OURS }
  const cases = (await allCases(found)).filter(({ name }) => name.includes(values.only))
  const setting = { npd, ours, ports: createPorts(), isShown: values.show }
  const verdicts = await runAll(cases, Number(values.jobs), (one) => compareCase(one, setting))
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length
  const differs = count('differs') === 0 ? '' : `, ${count('differs')} differ otherwise`
  console.log(`${count('same')} same, ${count('meant')} by §8 or newer than v1.36.0${differs}`)
  return count('differs') === 0 ? 0 : 1
}

process.exitCode = await main()
