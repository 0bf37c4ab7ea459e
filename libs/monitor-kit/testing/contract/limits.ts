/** What a check says of limits, and of what has to last. */
import type { Declaration, Finding } from '../../types.ts'
import { type Clause, faultsOf } from './clause.ts'
import { type CheckRoom, manyRuns } from './rooms.ts'

const JUDGED = /^Above(Warning|Critical)Limit$/

/** The number after "limit". */
function limitIn(message: string): number {
  return Number(/limit ([\d.,]+)/.exec(message)?.[1]?.replaceAll(',', ''))
}

function namesAnotherLimit({ type, reason, message, evidence }: Finding): readonly string[] {
  const level = JUDGED.exec(reason)?.[1]?.toLowerCase() as 'warning' | 'critical' | undefined
  if (level === undefined) return []
  const meant = evidence?.[level] ?? Number.NaN
  if (Math.abs(limitIn(message) - meant) < 0.05) return []
  return [`${type} says ${reason}, whose limit is ${meant} by its evidence, and "${message}"`]
}

function hidesReading({ type, reason, message, pending }: Finding): readonly string[] {
  if (pending !== true) return []
  if (!/\d| shows at the next check|not known/.test(message))
    return [`${type} is pending and says no reading: "${message}"`]
  const isCounted = /\bin \d+ of \d+ checks in a row|for \d.*limit /.test(message)
  return reason === 'NotSustainedYet' && !isCounted ? [`${type} does not say how long it has lasted: "${message}"`] : []
}

const namesItsLimit: Clause<CheckRoom> = {
  name: 'its messages name the limit that their reason speaks of, and what is pending says its reading and how long it lasted',
  faults: (check) =>
    faultsOf(check.named('well', 'sick'), async (fixture) => {
      const findings = (await check.resultsOver(fixture)).flatMap((result) => result.findings)
      return [...new Set(findings.flatMap((one) => [...namesAnotherLimit(one), ...hidesReading(one)]))]
    }),
}

/** A problem that was raised because it lasted. A type of which a part counts at once tells the rest by its reason. */
function hasLasted({ conditions }: Declaration, { type, health, reason }: Finding): boolean {
  const sustained = conditions.find((spec) => spec.type === type)?.sustained ?? ''
  if (health !== 'problem' || !/in a row|\d s/.test(sustained)) return false
  return !sustained.includes('at once') || JUDGED.test(reason)
}

const countsAnew: Clause<CheckRoom> = {
  name: "what must last is counted anew after a person's word, and a word about nothing changes nothing",
  faults: (check) =>
    faultsOf(check.named('sick'), async (fixture) => {
      await using run = await check.open(fixture)
      run.clear('NoSuchType', 'nothing')
      const last = (await manyRuns(run)).at(-1)?.findings ?? []
      const problems = last.filter((finding) => hasLasted(run.declared, finding))
      for (const { type, entity } of problems) run.clear(type, entity)
      const { findings } = await run.run()
      const kept = problems.filter(
        ({ type, entity = '' }) =>
          findings.find((one) => one.type === type && (one.entity ?? '') === entity)?.pending !== true,
      )
      return kept.map(({ type }) => `${type} is not pending at the first check after it was cleared`)
    }),
}

const forgetsNothing: Clause<CheckRoom> = {
  name: 'a process that was started again never proves a recovery by having forgotten',
  faults: (check) =>
    faultsOf(check.named('sick'), async (fixture) => {
      await using run = await check.open(fixture)
      const last = (await manyRuns(run)).at(-1)?.findings ?? []
      const problems = last.filter(({ health }) => health === 'problem')
      run.restart()
      const { findings } = await run.run()
      const well = findings.filter(({ health, pending }) => health === 'healthy' && pending !== true)
      const proven = problems.filter(({ type, entity = '' }) =>
        well.some((one) => one.type === type && (one.entity ?? '') === entity),
      )
      return proven.map(({ type }) => `${type} is a problem before, and healthy at the first look after it`)
    }),
}

/** Sentences about limits, and about what has to last. */
export const LIMIT_CLAUSES: readonly Clause<CheckRoom>[] = [namesItsLimit, countsAnew, forgetsNothing]
