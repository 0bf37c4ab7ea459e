/** What the check keeps of links from look to look, and of it what is a fact of this boot. Pure. */
import type { ConditionKey } from '#model'
import { cleanEntity, NO_STREAK, type Streak } from '#monitor-kit/evaluate'
import { NOTHING_TOLD, type Telling } from '../../counting/telling.ts'
import type { LinkCounters } from './source.ts'

/** What is kept of a link. */
export interface LinkMemory {
  /** It had a carrier in this boot: without one it is down, and not a port that nobody uses. */
  readonly hadCarrier: boolean
  /** The fastest it was in this boot, in Mbit/s. */
  readonly best: number | undefined
  /** At the last look. */
  readonly hasCarrier: boolean
  readonly downs: number | undefined
  readonly counters: LinkCounters | undefined
  readonly down: Streak
  readonly errors: Streak
  readonly flaps: Telling
}

export const FIRST_LINK: LinkMemory = {
  hadCarrier: false,
  best: undefined,
  hasCarrier: false,
  downs: undefined,
  counters: undefined,
  down: NO_STREAK,
  errors: NO_STREAK,
  flaps: NOTHING_TOLD,
}

/** What is kept of a bond. */
export interface BondMemory {
  /** Every member that it had in this boot. */
  readonly members: readonly string[]
  readonly degraded: Streak
}

export const FIRST_BOND: BondMemory = { members: [], degraded: NO_STREAK }

export interface LinksMemory {
  readonly links: ReadonlyMap<string, LinkMemory>
  readonly bonds: ReadonlyMap<string, BondMemory>
  /** Links that are named, and not there: told once. */
  readonly absent: readonly string[]
}

export const FIRST_LINKS: LinksMemory = { links: new Map(), bonds: new Map(), absent: [] }

/** "nic:eth0" */
export function nicEntity(name: string): string {
  return `nic:${name}`
}

/** "bond:bond0" */
export function bondEntity(name: string): string {
  return `bond:${name}`
}

/** As many links as are remembered beyond the process. */
const REMEMBERED_MAX = 256

/** Facts of this boot: what each link was, and who was a member of each bond. */
export interface LinksFacts {
  readonly links: Readonly<Record<string, Pick<LinkMemory, 'best' | 'downs' | 'hasCarrier'>>>
  readonly bonds: Readonly<Record<string, readonly string[]>>
}

export function factsOf({ links, bonds }: LinksMemory): LinksFacts {
  const had = [...links].filter(([, { hadCarrier }]) => hadCarrier).slice(0, REMEMBERED_MAX)
  return {
    links: Object.fromEntries(had.map(([name, { best, downs, hasCarrier }]) => [name, { best, downs, hasCarrier }])),
    bonds: Object.fromEntries([...bonds].slice(0, REMEMBERED_MAX).map(([name, { members }]) => [name, members])),
  }
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value).slice(0, REMEMBERED_MAX) : []
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallLinks(facts: unknown): LinksMemory {
  const { links, bonds } = (facts ?? {}) as { links?: unknown; bonds?: unknown }
  const known = entriesOf(links).map(([name, value]) => {
    const { best, downs, hasCarrier } = (value ?? {}) as { best?: unknown; downs?: unknown; hasCarrier?: unknown }
    const last = { best: countIn(best), downs: countIn(downs), hasCarrier: hasCarrier === true }
    return [name, { ...FIRST_LINK, hadCarrier: true, ...last }] as const
  })
  const joined = entriesOf(bonds).map(([name, value]) => {
    const members = Array.isArray(value) ? value.filter((member) => typeof member === 'string') : []
    return [name, { ...FIRST_BOND, members }] as const
  })
  return { ...FIRST_LINKS, links: new Map(known), bonds: new Map(joined) }
}

/** A person's word: what must last is counted anew, a speed and a bond are as they are meant to be. */
export function clearLinks(memory: LinksMemory, { type, entity }: ConditionKey): LinksMemory {
  const links = [...memory.links].map(([name, link]) => {
    if (cleanEntity(nicEntity(name)) !== entity) return [name, link] as const
    if (type === 'LinkDown') return [name, { ...link, down: NO_STREAK }] as const
    if (type === 'LinkErrors') return [name, { ...link, errors: NO_STREAK }] as const
    return [name, type === 'LinkSlow' ? { ...link, best: undefined } : link] as const
  })
  const bonds = [...memory.bonds].map(([name, bond]) => {
    const isMeant = type === 'BondDegraded' && cleanEntity(bondEntity(name)) === entity
    return [name, isMeant ? FIRST_BOND : bond] as const
  })
  return { ...memory, links: new Map(links), bonds: new Map(bonds) }
}
