/** What the fabric check keeps from look to look, and over a restart within one boot. Pure. */
import type { ConditionKey } from '#model'
import { NO_STREAK, type Streak } from '#monitor-kit/evaluate'
import type { Standing } from '../../judging/settle.ts'
import { conditionOf, standingKey } from '../../judging/settling.ts'

/** Of one GPU, as it was read last. */
export interface GpuCounters {
  /** Most links that were up in this boot. */
  readonly linksUp?: number | undefined
  readonly linkErrors?: number | undefined
  readonly recoveries?: number | undefined
  readonly replays?: number | undefined
  /** C2C was on. */
  readonly hadC2c?: boolean | undefined
  /** GPUs that it reached, by place. */
  readonly reached?: readonly string[] | undefined
}

/** All of it. */
export interface FabricMemory {
  /** By condition type and entity. */
  readonly standings: ReadonlyMap<string, Standing>
  /** By UUID, or place. */
  readonly gpus: ReadonlyMap<string, GpuCounters>
  /** What was told of GPUs and fabric in this life, and the problems of an earlier one, by the same key. */
  readonly told: ReadonlySet<string>
  /** When it was looked last, since the boot. */
  readonly lookedMs: number | undefined
  /** The fabric manager ran as a unit of this host in this boot. */
  readonly hadManager: boolean
  /** A person said that it need not run here; until it does. */
  readonly isManagerExcused: boolean
}

export const FIRST_FABRIC: FabricMemory = {
  standings: new Map(),
  gpus: new Map(),
  told: new Set(),
  lookedMs: undefined,
  hadManager: false,
  isManagerExcused: false,
}

const GPUS_MAX = 64
const STANDINGS_MAX = 256

/** JSON of what outlives the process. */
export function factsOf({ standings, gpus, told: _, ...others }: FabricMemory): unknown {
  const kept = [...standings].filter(([, { open, streaks }]) => open.length > 0 || Object.keys(streaks).length > 0)
  return { standings: kept.slice(0, STANDINGS_MAX), gpus: [...gpus].slice(0, GPUS_MAX), ...others }
}

type Anything = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Anything {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function counted(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string').slice(0, GPUS_MAX) : []
}

function streakOf(value: unknown): Streak {
  if (!isObject(value)) return NO_STREAK
  return { warning: counted(value['warning']) ?? 0, critical: counted(value['critical']) ?? 0 }
}

function standingOf(value: unknown): Standing {
  const { open, errors, streaks } = isObject(value) ? value : ({} as Anything)
  const kept = isObject(streaks) ? Object.entries(streaks).slice(0, GPUS_MAX) : []
  return {
    open: texts(open),
    errors: texts(errors),
    streaks: Object.fromEntries(kept.map(([id, one]) => [id, streakOf(one)])),
  }
}

function countersOf(value: unknown): GpuCounters {
  const of: Anything = isObject(value) ? value : {}
  return {
    linksUp: counted(of['linksUp']),
    linkErrors: counted(of['linkErrors']),
    recoveries: counted(of['recoveries']),
    replays: counted(of['replays']),
    hadC2c: of['hadC2c'] === true,
    reached: texts(of['reached']),
  }
}

function pairs<T>(value: unknown, max: number, read: (one: unknown) => T): ReadonlyMap<string, T> {
  const entries = Array.isArray(value) ? value.slice(0, max) : []
  return new Map(
    entries.flatMap((entry: unknown): [string, T][] => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string' || entry[0].length > 256) return []
      return [[entry[0], read(entry[1])]]
    }),
  )
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallFabric(facts: unknown): FabricMemory {
  if (!isObject(facts)) return FIRST_FABRIC
  const standings = pairs(facts['standings'], STANDINGS_MAX, standingOf)
  return {
    standings,
    told: new Set([...standings].filter(([, { open }]) => open.length > 0).map(([key]) => key)),
    gpus: pairs(facts['gpus'], GPUS_MAX, countersOf),
    lookedMs: counted(facts['lookedMs']),
    hadManager: facts['hadManager'] === true,
    isManagerExcused: facts['isManagerExcused'] === true,
  }
}

/**
 * A person’s word: what had to last is counted anew, links are held against those that are up now, and the fabric
 * manager need not run here.
 */
export function clearFabric(memory: FabricMemory, word: ConditionKey): FabricMemory {
  const standings = new Map(memory.standings)
  standings.delete(standingKey(word))
  if (word.type === 'GPUFabricFailed') return { ...memory, standings, hadManager: false, isManagerExcused: true }
  if (word.type !== 'GPUNVLinkDown') return { ...memory, standings }
  const key = word.entity.replace(/^gpu:/, '')
  const { linksUp: _, reached: __, ...counters } = memory.gpus.get(key) ?? {}
  return { ...memory, standings, gpus: new Map([...memory.gpus, [key, counters]]) }
}

/** Lets go of all that was said: this node has no GPU of its own any more. */
export function forgetFabric({ standings }: FabricMemory): {
  readonly memory: FabricMemory
  readonly withdrawn: readonly ConditionKey[]
} {
  const said = [...standings.keys()].map(conditionOf)
  const withdrawn = said.length === 0 ? [] : [{ type: 'GPUHealthy', entity: '' }, ...said]
  return { memory: FIRST_FABRIC, withdrawn }
}
