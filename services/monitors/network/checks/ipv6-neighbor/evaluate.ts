/** Whether links have the addresses of IPv6 that they have to have. Pure. */
import type { ConditionKey } from '#model'
import type { Finding } from '#monitor-kit'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  NO_STREAK,
  type Reading,
  type Streak,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { adviceOf } from '../../ipv6/advertisements.ts'
import { type Expectation, isExpected, namesIn, whyExpected } from '../../ipv6/expectation.ts'
import type { Config } from './config.ts'

/** A link that carries IPv6, and which addresses it has; one that is being tried counts as had. */
export interface LinkAddresses {
  readonly name: string
  readonly hasLocal: boolean
  readonly hasGlobal: boolean
  /** Addresses that another machine has. */
  readonly duplicates: readonly string[]
}

export interface NeighborReading {
  /** Links that carry IPv6 now: the others cannot be asked for addresses. */
  readonly links: readonly LinkAddresses[]
  /** Those on which router advertisements are ignored. */
  readonly ignoring: readonly string[]
}

/** Links that had addresses in this boot. */
export interface NeighborMemory {
  readonly local: readonly string[]
  readonly global: readonly string[]
  /** Those of the latter on which router advertisements were not ignored then. */
  readonly heard: readonly string[]
  readonly missing: Streak
}

export const FIRST_NEIGHBOR: NeighborMemory = { local: [], global: [], heard: [], missing: NO_STREAK }

interface Fault {
  readonly reason: 'DuplicateAddress' | 'LinkLocalMissing' | 'GlobalAddressMissing'
  readonly text: string
  /** What to do about it. */
  readonly toDo?: string
}

const TYPE = 'IPv6AddressMissing'

const TO_DO =
  'see whether the router still sends advertisements, and who takes them (the kernel, systemd-networkd, NetworkManager)'

/** Links that lack something each; or all of them together, where one that has it is enough. */
function lacking(
  links: readonly LinkAddresses[],
  has: (link: LinkAddresses) => boolean,
  isWanted: (link: LinkAddresses) => boolean,
  eachAlone: boolean,
): readonly string[] {
  const wanted = links.filter(isWanted)
  if (!eachAlone && links.some(has)) return []
  return wanted.filter((link) => !has(link)).map(({ name }) => name)
}

function faultsOf({ links, ignoring }: NeighborReading, config: Config, memory: NeighborMemory): readonly Fault[] {
  const { expectIPv6Enabled: expected, checkPerInterface, requireGlobalAddress } = config
  const local = lacking(
    links,
    ({ hasLocal }) => hasLocal,
    ({ name }) => isExpected(expected, memory.local.includes(name)),
    checkPerInterface,
  )
  const lost = lacking(
    links,
    ({ hasGlobal }) => hasGlobal,
    ({ name }) => memory.global.includes(name),
    checkPerInterface,
  )
  const isGlobalLacking = lost.length > 0 || (requireGlobalAddress && !links.some(({ hasGlobal }) => hasGlobal))
  const where = lost.length > 0 ? lost : links.map(({ name }) => name)
  const { text: toDo } = adviceOf(
    ignoring.filter((name) => where.includes(name)),
    memory.heard,
    TO_DO,
  )
  return [
    ...links.flatMap(({ name, duplicates }) =>
      duplicates.map((address): Fault => {
        return { reason: 'DuplicateAddress', text: `${address} of ${name} is in use by another machine on that link` }
      }),
    ),
    ...local.map((name): Fault => ({ reason: 'LinkLocalMissing', text: `${name} has no link-local address` })),
    ...(isGlobalLacking
      ? [{ reason: 'GlobalAddressMissing', text: `${where.join(', ')}: no address beyond the link`, toDo } as const]
      : []),
  ]
}

function finding(faults: readonly Fault[], missing: Streak, config: Config, expected: Expectation): Finding {
  const needed = config.sustainedChecks
  const verdict = judgeStreak(missing, needed)
  const seen = verdict === 'pending' ? ` (seen in ${missing.warning} of ${needed} checks in a row)` : ''
  const [first] = faults
  const why =
    first === undefined || first.reason === 'DuplicateAddress' ? '' : `, and ${whyOf(first, config, expected)}`
  const toDo = faults.flatMap((fault) => (fault.toDo === undefined ? [] : [`; ${fault.toDo}`])).join('')
  return judgedFinding({
    type: TYPE,
    verdict,
    healthyReason: 'AddressesPresent',
    warningReason: first?.reason ?? '',
    message:
      first === undefined
        ? 'links have their addresses'
        : `${faults.map(({ text }) => text).join('; ')}${why}${seen}${toDo}`,
    summary: first?.text ?? '',
  })
}

function whyOf({ reason }: Fault, { requireGlobalAddress }: Config, expected: Expectation): string {
  return reason === 'GlobalAddressMissing' && requireGlobalAddress ? whyExpected(true) : whyExpected(expected)
}

function remembered({ links, ignoring }: NeighborReading, memory: NeighborMemory): NeighborMemory {
  const with_ = (has: (link: LinkAddresses) => boolean) => links.filter(has).map(({ name }) => name)
  const global = with_(({ hasGlobal }) => hasGlobal)
  const heard = [
    ...memory.heard.filter((name) => !global.includes(name)),
    ...global.filter((name) => !ignoring.includes(name)),
  ]
  return {
    ...memory,
    heard,
    local: [...new Set([...memory.local, ...with_(({ hasLocal }) => hasLocal)])],
    global: [...new Set([...memory.global, ...global])],
  }
}

export function evaluateIPv6Neighbor(reading: Reading<NeighborReading>, config: Config, before: NeighborMemory) {
  const { expectIPv6Enabled: expected, requireGlobalAddress } = config
  if (expected === false) return { memory: before, findings: [] }
  if (!reading.ok) return { memory: { ...before, missing: NO_STREAK }, findings: [unknownFinding(TYPE, reading)] }
  const memory = remembered(reading.value, before)
  const faults = faultsOf(reading.value, config, memory)
  const isWatched = isExpected(expected, memory.local.length + memory.global.length > 0) || requireGlobalAddress
  if (!isWatched && faults.length === 0) return { memory, findings: [] }
  if (reading.value.links.length === 0) {
    const message = 'it is not known whether there would be addresses: no link carries IPv6 now'
    const kept: Finding = { type: TYPE, health: 'healthy', pending: true, reason: 'NoLinkForIt', message }
    return { memory, findings: [kept] }
  }
  const missing = extendStreak(before.missing, faults.length > 0 ? 'warning' : 'ok')
  return { memory: { ...memory, missing }, findings: [finding(faults, missing, config, expected)] }
}

/** A person's word: what must last is counted anew. */
export function clearNeighbor(memory: NeighborMemory, { type }: ConditionKey): NeighborMemory {
  return type === TYPE ? { ...memory, missing: NO_STREAK } : memory
}

/** What an earlier process of this boot knew; nothing where that makes no sense. */
export function recallNeighbor(facts: unknown): NeighborMemory {
  const { local, global, heard } = (facts ?? {}) as { local?: unknown; global?: unknown; heard?: unknown }
  return { ...FIRST_NEIGHBOR, local: namesIn(local), global: namesIn(global), heard: namesIn(heard) }
}
