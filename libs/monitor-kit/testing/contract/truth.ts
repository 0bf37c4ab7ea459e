/** What a check says over its fixtures: what is well is well, what is sick is raised, what makes no sense is unknown. */
import type { CheckResult, Declaration, Finding } from '../../types.ts'
import { type Clause, faultsOf } from './clause.ts'
import type { CheckRoom } from './rooms.ts'

function keyOf({ type, entity = '' }: Finding): string {
  return entity === '' ? type : `${type} ${entity}`
}

function saidOf(finding: Finding): string {
  return `${keyOf(finding)} is ${finding.health} (${finding.reason}: ${finding.message})`
}

async function findingsOver(check: CheckRoom, fixture: string): Promise<readonly Finding[]> {
  return (await check.resultsOver(fixture)).flatMap(({ findings }) => findings)
}

async function alarmsOver(check: CheckRoom, fixture: string): Promise<readonly string[]> {
  const events = (await check.resultsOver(fixture)).flatMap(({ events: told = [] }) => told)
  return events.filter(({ severity }) => severity !== 'info').map(({ reason, message }) => `${reason}: ${message}`)
}

const wholeFromSecond: Clause<CheckRoom> = {
  name: 'its second whole run names every condition that it watches, also what is pending',
  faults: (check) =>
    faultsOf(check.named('well', 'sick', 'hostile'), async (fixture) => {
      const whole = (await check.resultsOver(fixture)).filter(({ partial }) => partial !== true)
      const [, second, ...later] = whole.map((result) => result.findings.map(keyOf))
      return [...new Set(later.flat())]
        .filter((key) => second?.includes(key) !== true)
        .map((key) => `${key} comes late`)
    }),
}

const wellIsWell: Clause<CheckRoom> = {
  name: 'healthy input is never a problem, nor unknown, nor an alarm',
  faults: (check) =>
    faultsOf(check.named('well'), async (fixture) => {
      const unwell = (await findingsOver(check, fixture)).filter(({ health }) => health !== 'healthy')
      return [...unwell.map(saidOf), ...(await alarmsOver(check, fixture))]
    }),
}

const sickIsRaised: Clause<CheckRoom> = {
  name: 'each of its conditions has a sick fixture that raises it, with a headline',
  async faults(check) {
    const raised = new Set<string>()
    const declared = new Set(check.definition.conditions.map(({ type }) => type))
    const faults = await faultsOf(check.named('sick'), async (fixture) => {
      for (const { type } of (await check.declaredOver(fixture)).conditions) declared.add(type)
      const problems = (await findingsOver(check, fixture)).filter(({ health }) => health === 'problem')
      for (const { type } of problems) raised.add(type)
      const isQuiet = problems.length === 0 && (await alarmsOver(check, fixture)).length === 0
      const bare = problems.filter(({ summary = '' }) => summary.trim() === '')
      return [...(isQuiet ? ['raises nothing'] : []), ...bare.map((finding) => `${keyOf(finding)} has no headline`)]
    })
    const never = [...declared].filter((type) => !raised.has(type))
    return [...faults, ...never.map((type) => `no sick fixture raises ${type}`)]
  },
}

const hostileIsUnknown: Clause<CheckRoom> = {
  name: 'input that is hostile, empty or missing is never a problem, and never healthy',
  faults: (check) =>
    faultsOf(check.named('hostile'), async (fixture) => {
      const spoken = (await findingsOver(check, fixture)).filter(({ health }) => health !== 'unknown')
      return [...new Set(spoken.map(saidOf))]
    }),
}

/** Names in results that the instance has not declared, and numbers that are none. */
export function undeclaredIn(declared: Required<Declaration>, results: readonly CheckResult[]): readonly string[] {
  const { conditions, events, metrics } = declared
  const types = results.flatMap(({ findings }) => findings.map(({ type }) => type))
  const reasons = results.flatMap((result) => (result.events ?? []).map(({ reason }) => reason))
  const samples = results.flatMap((result) => result.metrics ?? [])
  const strange = [
    ...types.filter((type) => !conditions.some((spec) => spec.type === type)),
    ...reasons.filter((reason) => !events.some((event) => event.reason === reason)),
    ...samples.map(({ name }) => name).filter((name) => !metrics.some((metric) => metric.name === name)),
  ]
  const broken = samples.filter(({ value }) => !Number.isFinite(value)).map(({ name, value }) => `${name} is ${value}`)
  return [...new Set([...strange.map((name) => `${name} is not declared`), ...broken])]
}

const saysWhatItDeclared: Clause<CheckRoom> = {
  name: 'declares every condition, metric and event that it reports over fixtures',
  faults: (check) =>
    faultsOf(check.named('well', 'sick', 'hostile'), async (fixture) =>
      undeclaredIn(await check.declaredOver(fixture), await check.resultsOver(fixture)),
    ),
}

/** Sentences about what a check says of each machine that was captured. */
export const TRUTH_CLAUSES: readonly Clause<CheckRoom>[] = [
  wholeFromSecond,
  wellIsWell,
  sickIsRaised,
  hostileIsUnknown,
  saysWhatItDeclared,
]
