/** What a reading of the links says. Pure. */
import type { MetricSample } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { extendStreak, judgeStreak, type Reading, type Unobserved, unknownFinding } from '#monitor-kit/evaluate'
import type { Config } from './config.ts'
import { judgeBond, judgeGoneBond } from './judge-bond.ts'
import { judgeLink, seenIn } from './judge-link.ts'
import { bondEntity, FIRST_BOND, FIRST_LINK, type LinkMemory, type LinksMemory, nicEntity } from './memory.ts'
import type { Link, LinksReading } from './source.ts'

export interface LinksVerdict {
  readonly memory: LinksMemory
  readonly findings: readonly Finding[]
  readonly events: readonly Happening[]
  readonly metrics: readonly MetricSample[]
  /** Links could not be listed: what is not named is not gone. */
  readonly partial: boolean
}

const LINK_TYPES = ['LinkDown', 'LinkErrors', 'LinkSlow'] as const

/** Nothing could be listed: all that is known, and each type as a whole. */
function unknownLinks(why: Unobserved, memory: LinksMemory): readonly Finding[] {
  const nics = ['', ...Array.from(memory.links.keys(), nicEntity)]
  const bonds = ['', ...Array.from(memory.bonds.keys(), bondEntity)]
  return [
    ...LINK_TYPES.flatMap((type) => nics.map((entity) => unknownFinding(type, why, entity))),
    ...bonds.map((entity) => unknownFinding('BondDegraded', why, entity)),
  ]
}

/** One that cannot be read may have one. */
function mayHaveCarrier({ state }: Link): boolean {
  return !state.ok || state.value.hasCarrier
}

/** Members of the bonds that are watched; of one that cannot be read those that it had. */
function membersOf({ links }: LinksReading, memory: LinksMemory): ReadonlySet<string> {
  const names = links.flatMap((link) => {
    if (link.kind !== 'bond') return []
    return link.state.ok
      ? link.state.value.members.map(({ name }) => name)
      : (memory.bonds.get(link.name)?.members ?? [])
  })
  return new Set(names)
}

/** What is named and was there in this boot is gone: its driver gave it up, or somebody took it. */
function goneFinding(name: string, memory: LinkMemory, { sustainedChecks: needed }: Config) {
  const down = extendStreak(memory.down, 'critical')
  const about = { type: 'LinkDown', entity: nicEntity(name) }
  const message = `there is no such interface any more${seenIn(down, needed)}; see the kernel log for its driver`
  const finding: Finding =
    judgeStreak(down, needed) === 'pending'
      ? { ...about, health: 'healthy', pending: true, reason: 'NotSustainedYet', message }
      : { ...about, health: 'problem', severity: 'critical', reason: 'LinkGone', message, summary: `${name} is gone` }
  return { memory: { ...memory, down, hasCarrier: false, counters: undefined }, finding }
}

/** Links that are named: one that was never there is told once, and is no problem. */
function judgeAbsent({ absent }: LinksReading, config: Config, memory: LinksMemory) {
  const gone = absent.filter((name) => memory.links.get(name)?.hadCarrier === true)
  const goneBonds = absent.filter((name) => (memory.bonds.get(name)?.members.length ?? 0) > 0)
  const never = absent.filter((name) => !gone.includes(name) && !goneBonds.includes(name))
  const verdicts = gone.map((name) => [name, goneFinding(name, memory.links.get(name)!, config)] as const)
  const bonds = goneBonds.map(
    (name) => [name, judgeGoneBond(name, memory.bonds.get(name)!, config.sustainedChecks)] as const,
  )
  return {
    never,
    bonds: bonds.map(([name, verdict]) => [name, verdict.memory] as const),
    links: verdicts.map(([name, verdict]) => [name, verdict.memory] as const),
    findings: [...verdicts.map(([, { finding }]) => finding), ...bonds.flatMap(([, { findings }]) => findings)],
    events: never
      .filter((name) => !memory.absent.includes(name))
      .map((name) => ({
        reason: 'LinkAbsent',
        severity: 'info' as const,
        entity: nicEntity(name),
        message: `there is no interface ${name} on this node, and it is not watched; that is no problem`,
      })),
  }
}

function judgeLinks(reading: LinksReading, config: Config, memory: LinksMemory, monoMs: number) {
  const { links } = reading
  const members = membersOf(reading, memory)
  return links.flatMap((link) => {
    if (link.kind !== 'link') return []
    const { name, state } = link
    const before = memory.links.get(name) ?? FIRST_LINK
    if (!state.ok) {
      const findings = LINK_TYPES.map((type) => unknownFinding(type, state, nicEntity(name)))
      return [[name, { memory: before, findings, events: [], metrics: [] }] as const]
    }
    const isLast = !links.some((other) => other.name !== name && mayHaveCarrier(other))
    const around = { config, monoMs, isLast, isToldByBond: members.has(name) }
    return [[name, judgeLink(state.value, before, around, config.interfaces.includes(name))] as const]
  })
}

function judgeBonds({ links }: LinksReading, config: Config, memory: LinksMemory) {
  return links.flatMap((link) => {
    if (link.kind !== 'bond') return []
    const { name, state } = link
    const before = memory.bonds.get(name) ?? FIRST_BOND
    if (!state.ok) {
      const findings = [unknownFinding('BondDegraded', state, bondEntity(name))]
      return [[name, { memory: before, findings, metrics: [] }] as const]
    }
    return [[name, judgeBond(state.value, before, config.sustainedChecks, config.interfaces.includes(name))] as const]
  })
}

export function evaluateLinks(
  reading: Reading<LinksReading>,
  config: Config,
  memory: LinksMemory,
  monoMs: number,
): LinksVerdict {
  if (!reading.ok) {
    return { memory, findings: unknownLinks(reading, memory), events: [], metrics: [], partial: true }
  }
  const nics = judgeLinks(reading.value, config, memory, monoMs)
  const bonds = judgeBonds(reading.value, config, memory)
  const absent = judgeAbsent(reading.value, config, memory)
  return {
    memory: {
      links: new Map([...nics.map(([name, verdict]) => [name, verdict.memory] as const), ...absent.links]),
      bonds: new Map([...bonds.map(([name, verdict]) => [name, verdict.memory] as const), ...absent.bonds]),
      absent: absent.never,
    },
    findings: [...[...nics, ...bonds].flatMap(([, { findings }]) => findings), ...absent.findings],
    events: [...nics.flatMap(([, { events }]) => events), ...absent.events],
    metrics: [...nics, ...bonds].flatMap(([, { metrics }]) => metrics),
    partial: false,
  }
}
