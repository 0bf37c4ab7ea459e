/** What the check knows from look to look, and beyond its process for this boot. Pure. */
import { ACTIONS, type ConditionKey, SEVERITIES } from '#model'
import {
  type DriverKnown,
  excuseDriver,
  FIRST_DRIVER,
  type HadCard,
  nvidiaDevice,
  type Streak,
} from '#monitor-kit/evaluate'
import type { DriverKept } from '../../driver/driver.ts'
import type { Standing, ToldAs } from '../../judging/settle.ts'
import { standingKey } from '../../judging/settling.ts'
import { NUMBERS } from '../../numbers.ts'

/** Times that a counter was slowed down by, in microseconds, and when they were read, in milliseconds since the boot. */
export interface Counters {
  readonly atMs: number
  readonly us: Readonly<Record<string, number>>
}

/** Of one GPU, by its UUID. */
export interface GpuFacts {
  /** Uncorrectable errors as they were counted last. */
  readonly uncorrected?: number | undefined
  /** The most that were counted since the last proven reset. */
  readonly uncorrectedMost?: number | undefined
  /** When the last of them was seen, since the boot: the proof of a reset that is later ends it. */
  readonly uncorrectedAtMs?: number | undefined
  /** Corrected errors: milliseconds since the boot, and how many they were. */
  readonly corrected?: readonly (readonly [number, number])[] | undefined
  readonly counters?: Counters | undefined
  /** Most lanes of PCIe that it had in this boot. */
  readonly lanes?: number | undefined
  readonly hadPower?: boolean | undefined
  readonly hadPersistence?: boolean | undefined
  /** The driver asked for something when it was asked last, and when that was, since the boot. */
  readonly action?: string | undefined
  readonly actionAtMs?: number | undefined
  /** Fields in place of whose values it asked for a reset, and in how many looks since then all of them were read. */
  readonly askedIn?: readonly string[] | undefined
  readonly answered?: number | undefined
}

/** All of it. */
export interface HealthMemory {
  /** By condition type and entity, "GPUHung " of the node. */
  readonly standings: ReadonlyMap<string, Standing>
  /** By UUID, or place. */
  readonly gpus: ReadonlyMap<string, GpuFacts>
  /** How many GPUs were there at the last look. */
  readonly present: number
  /** Entities of which a person said that they are not missed; '' is all. */
  readonly accepted: readonly string[]
  /** Processes of the driver in uninterruptible sleep, "pid started", and in how many looks in a row. */
  readonly stuck: ReadonlyMap<string, number>
  /** The driver, in this boot. */
  readonly driver: DriverKnown
  /** The driver as it was seen last in this boot, and when it was loaded: of a reset that it proves the next process knows, too. */
  readonly driverKept?: DriverKept | undefined
  /** Version of the driver's module when nvidia-smi answered last in this process: its library is of that one. */
  readonly answeredBy?: string | undefined
  /** What was told of GPUs in this life, and the problems of an earlier one. */
  readonly told: ReadonlySet<string>
}

export const FIRST_HEALTH: HealthMemory = {
  standings: new Map(),
  gpus: new Map(),
  present: 0,
  accepted: [],
  stuck: new Map(),
  driver: FIRST_DRIVER,
  told: new Set(),
}

const GPUS_MAX = 64
const STANDINGS_MAX = 512
const SUMMARY_MAX = 200

/** What of it outlives the process. */
export function factsOf({ standings, gpus, present, accepted, stuck, driver, driverKept }: HealthMemory): unknown {
  const standing = [...standings].filter(([, { open, streaks }]) => open.length > 0 || Object.keys(streaks).length > 0)
  return {
    standings: standing.slice(0, STANDINGS_MAX),
    gpus: [...gpus].slice(0, GPUS_MAX),
    present,
    accepted: accepted.slice(0, GPUS_MAX),
    stuck: [...stuck].slice(0, GPUS_MAX),
    driver,
    driverKept,
  }
}

type Anything = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Anything {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function counted(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

/** Pairs of a file that have a text and something that makes sense. */
function pairsOf<T>(value: unknown, max: number, read: (one: unknown) => T | undefined): [string, T][] {
  if (!Array.isArray(value)) return []
  return value.slice(0, max).flatMap((entry: unknown): [string, T][] => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || entry[0].length > 256) return []
    const read1 = read(entry[1])
    return read1 === undefined ? [] : [[entry[0], read1]]
  })
}

function recordOf<T>(value: unknown, read: (one: unknown) => T | undefined): Record<string, T> {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).slice(0, 64)
  return Object.fromEntries(
    entries.flatMap(([key, one]) => {
      const known = read(one)
      return known === undefined ? [] : [[key, known] as const]
    }),
  )
}

function streakOf(value: unknown): Streak | undefined {
  if (!isObject(value)) return undefined
  const [warning, critical] = [counted(value['warning']), counted(value['critical'])]
  return warning === undefined || critical === undefined ? undefined : { warning, critical }
}

const IDS: ReadonlySet<unknown> = new Set(NUMBERS.map(({ id }) => id))

function toldOf(value: unknown): ToldAs | undefined {
  const severity = isObject(value) ? SEVERITIES.find((one) => one === value['severity']) : undefined
  if (!isObject(value) || severity === undefined || typeof value['summary'] !== 'string') return undefined
  const action = ACTIONS.find((one) => one === value['action'])
  return { severity, summary: value['summary'].slice(0, SUMMARY_MAX), ...(action !== undefined && { action }) }
}

function standingOf(value: unknown): Standing | undefined {
  if (!isObject(value)) return undefined
  const idsIn = (ids: unknown) => (Array.isArray(ids) ? ids.filter((id): id is string => IDS.has(id)) : [])
  const open = idsIn(value['open'])
  const errors = idsIn(value['errors'])
  const told = open.length === 0 ? undefined : toldOf(value['told'])
  return {
    open,
    streaks: recordOf(value['streaks'], streakOf),
    ...(errors.length > 0 && { errors }),
    ...(told !== undefined && { told }),
  }
}

function correctedOf(value: unknown): GpuFacts['corrected'] {
  if (!Array.isArray(value)) return undefined
  return value.slice(0, 64).flatMap((entry: unknown) => {
    const [at, count] = Array.isArray(entry) ? entry.map(counted) : []
    return at === undefined || count === undefined ? [] : [[at, count] as const]
  })
}

function countersOf(value: unknown): Counters | undefined {
  const atMs = isObject(value) ? counted(value['atMs']) : undefined
  return atMs === undefined ? undefined : { atMs, us: recordOf((value as Anything)['us'], counted) }
}

function gpuFactsOf(value: unknown): GpuFacts | undefined {
  if (!isObject(value)) return undefined
  return {
    uncorrected: counted(value['uncorrected']),
    uncorrectedAtMs: counted(value['uncorrectedAtMs']),
    uncorrectedMost: counted(value['uncorrectedMost']),
    corrected: correctedOf(value['corrected']),
    counters: countersOf(value['counters']),
    lanes: counted(value['lanes']),
    hadPower: value['hadPower'] === true,
    hadPersistence: value['hadPersistence'] === true,
    action: typeof value['action'] === 'string' ? value['action'].slice(0, 32) : undefined,
    actionAtMs: counted(value['actionAtMs']),
    askedIn: Array.isArray(value['askedIn']) ? textsOf(value['askedIn']) : undefined,
    answered: counted(value['answered']),
  }
}

function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.filter((one): one is string => typeof one === 'string' && one.length <= 256).slice(0, GPUS_MAX)
}

function hadOf(value: unknown): readonly HadCard[] {
  if (!isObject(value) || typeof value['place'] !== 'string') return []
  const device = typeof value['device'] === 'string' ? nvidiaDevice(value['device']) : undefined
  const kind = (['display', 'compute'] as const).find((one) => one === value['kind'])
  return [{ place: value['place'].slice(0, 256), device, kind }]
}

function driverOf(value: unknown): DriverKnown {
  if (!isObject(value)) return FIRST_DRIVER
  const [without, excused] = [textsOf(value['without']), textsOf(value['excused'])]
  const had = Array.isArray(value['had']) ? value['had'].slice(0, GPUS_MAX).flatMap(hadOf) : []
  const missingSinceMs = counted(value['missingSinceMs'])
  return { wasLoaded: value['wasLoaded'] === true, had, bound: [], missingSinceMs, without, excused }
}

function driverKeptOf(value: unknown): DriverKept | undefined {
  const atMs = isObject(value) ? counted(value['atMs']) : undefined
  if (!isObject(value) || atMs === undefined) return undefined
  const textOf = (one: unknown) => (typeof one === 'string' ? one.slice(0, 64) : undefined)
  return {
    isLoaded: value['isLoaded'] === true,
    version: textOf(value['version']),
    build: textOf(value['build']),
    atMs,
    loadedAtMs: counted(value['loadedAtMs']),
  }
}

/** What an earlier process of this boot knew; nothing where the facts make no sense. */
export function recallHealth(facts: unknown): HealthMemory {
  if (!isObject(facts)) return FIRST_HEALTH
  const standings = new Map(pairsOf(facts['standings'], STANDINGS_MAX, standingOf))
  return {
    standings,
    gpus: new Map(pairsOf(facts['gpus'], GPUS_MAX, gpuFactsOf)),
    present: counted(facts['present']) ?? 0,
    accepted: textsOf(facts['accepted']),
    stuck: new Map(pairsOf(facts['stuck'], GPUS_MAX, counted)),
    driver: driverOf(facts['driver']),
    driverKept: driverKeptOf(facts['driverKept']),
    // What was a problem was told, and is not taken back because it is not seen now.
    told: new Set([...standings].filter(([, { open }]) => open.length > 0).map(([key]) => key)),
  }
}

/** It was there at the last look: to say that it is not missed is a slip, and nothing is let go of. */
function isPresent({ told, standings }: HealthMemory, entity: string): boolean {
  const key = standingKey({ type: 'GPUMissing', entity })
  const { open = [], streaks = {} } = standings.get(key) ?? {}
  return entity !== '' && told.has(key) && open.length === 0 && Object.keys(streaks).length === 0
}

/** A person's word: what had to last is counted anew, errors that were seen are no news, GPUs without the driver need none. */
export function clearHealth(memory: HealthMemory, { type, entity }: ConditionKey): HealthMemory {
  if (type === 'GPUMissing' && isPresent(memory, entity)) return memory
  const standings = new Map(memory.standings)
  standings.delete(standingKey({ type, entity }))
  const cleared = { ...memory, standings }
  if (type === 'GPUHung') return { ...cleared, stuck: new Map() }
  if (type === 'GPUDriverFailed') return { ...cleared, driver: excuseDriver(memory.driver) }
  if (type === 'GPUMissing') return { ...cleared, accepted: [...memory.accepted, entity] }
  if (type !== 'GPUMemoryErrors') return cleared
  const key = entity.replace(/^gpu:/, '')
  const { uncorrectedAtMs: _, uncorrectedMost: ___, corrected: __, ...facts } = memory.gpus.get(key) ?? {}
  return { ...cleared, gpus: new Map([...memory.gpus, [key, facts]]) }
}
