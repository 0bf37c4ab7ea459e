/** What a reading of the GPUs says. Pure. */
import { type ConditionKey, cutText } from '#model'
import type { Finding } from '#monitor-kit'
import { type Unobserved, unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../cards/card.ts'
import type { Inventory } from '../../cards/inventory.ts'
import { sparePlaces } from '../../cards/spare.ts'
import { healthOf, stillOpen } from '../../health.ts'
import type { Said } from '../../judging/said.ts'
import { conditionOf, createSettling, OF_NODE, type Settling, standingIn, standingKey } from '../../judging/settling.ts'
import { awayIn, seesAll } from '../../judging/whole.ts'
import type { GpuRow } from '../../smi/rows.ts'
import type { Config } from './config.ts'
import { driverLack, judgeDriver } from './judge/driver.ts'
import { judgeHung, stuckLooks } from './judge/hung.ts'
import type { GpuLook, Judge } from './judge/look.ts'
import { judgeMemoryErrors } from './judge/memory-errors.ts'
import { judgeMemoryUse } from './judge/memory-use.ts'
import { judgeMissing } from './judge/missing.ts'
import { isLost } from './judge/missing-lost.ts'
import type { MissingSaid } from './judge/missing-says.ts'
import { judgePcie } from './judge/pcie.ts'
import { judgePower } from './judge/power.ts'
import { judgeResetRequired } from './judge/reset-required.ts'
import { judgeRowRemap } from './judge/row-remap.ts'
import { judgeSettings } from './judge/settings.ts'
import { judgeTemperature } from './judge/temperature.ts'
import { judgeThrottle } from './judge/throttle.ts'
import { whyUnseen } from './judge/unseen.ts'
import { FIRST_HEALTH, type GpuFacts, type HealthMemory } from './memory.ts'
import type { HealthReading } from './reading.ts'

/** What a reading is judged by. */
export interface HealthAround {
  readonly config: Config
  readonly nowMs: number
  readonly wallMs: number
  /** NVIDIA_VISIBLE_DEVICES; undefined: it is not set. */
  readonly visibleDevices: string | undefined
  /** NODE_DOCTOR_GPUS_ASKED: what was asked for in it; undefined: nobody says. */
  readonly gpusAsked?: string | undefined
  readonly inventory: Inventory
  readonly cardOf: (place: string) => Card
  /** Whose a condition is, in words, also while nvidia-smi does not show it. */
  readonly subjectOf: (entity: string) => string | undefined
  /** What other checks found ill last. */
  readonly others: readonly Finding[]
  /** Somebody asks for this answer alone: nothing has to last. */
  readonly isAtOnce: boolean
  /** When the card there was last proven to be reset, since the boot. */
  readonly provenMs: (place: string) => number | undefined
}

/** What follows. */
export interface HealthVerdict {
  readonly findings: readonly Finding[]
  readonly memory: HealthMemory
  readonly inventory: Inventory
  /** Not all GPUs could be seen: what is not named is not gone. */
  readonly partial: boolean
}

const JUDGES: readonly Judge[] = [
  judgeResetRequired,
  judgeMemoryErrors,
  judgeRowRemap,
  judgeTemperature,
  judgeThrottle,
  judgePower,
  judgePcie,
  judgeMemoryUse,
  judgeSettings,
]

/** Conditions of each GPU that this check speaks of, beside GPUMissing. */
export const GPU_TYPES = [
  'GPUResetRequired',
  'GPUMemoryErrors',
  'GPURowRemap',
  'GPUTemperatureHigh',
  'GPUThrottled',
  'GPUPowerLimited',
  'GPUPCIeDegraded',
  'GPUMemoryPressure',
  'GPUMisconfigured',
] as const

function judgeGpu(look: GpuLook, before: GpuFacts, settling: Settling): GpuFacts {
  const judged = JUDGES.map((judge) => judge(look, before))
  const whose = { entity: entityOf(look.card), subject: subjectOf(look.card) }
  settling.sayEach(
    GPU_TYPES,
    whose,
    judged.flatMap(({ says }) => says),
  )
  return Object.assign({}, before, ...judged.map(({ facts }) => facts ?? {})) as GpuFacts
}

function judgeGpus(
  rows: readonly GpuRow[],
  reading: HealthReading,
  around: HealthAround,
  before: HealthMemory,
  settling: Settling,
) {
  const { config, nowMs, cardOf, provenMs, isAtOnce } = around
  const gpus = new Map(before.gpus)
  for (const row of rows) {
    const card = cardOf(row.place)
    const held = row.uuid === undefined ? undefined : reading.held.get(row.uuid)
    const slotLanes = reading.slots.get(row.place)
    const moment = { nowMs, provenMs: provenMs(row.place), isAtOnce }
    const look = { row, card, all: rows, config, held, slotLanes, ...moment }
    const key = card.uuid ?? card.place
    gpus.set(key, judgeGpu(look, before.gpus.get(key) ?? {}, settling))
  }
  return gpus
}

/** All that is said of each. */
function byEntity(says: readonly MissingSaid[]): readonly (readonly [MissingSaid, readonly Said[]])[] {
  const first = says.filter(({ entity }, index) => says.findIndex((one) => one.entity === entity) === index)
  return first.map((one) => [one, says.filter(({ entity }) => entity === one.entity).map(({ said }) => said)] as const)
}

function settleMissing(
  reading: HealthReading,
  around: HealthAround,
  before: HealthMemory,
  settling: Settling,
): Inventory {
  const standing = (entity: string) => standingIn(before.standings, { type: 'GPUMissing', entity })
  const isOpen = (entity: string) => standing(entity).open.length > 0
  const hasLasted = (entity: string) => (standing(entity).streaks['count']?.warning ?? 0) > 0
  const { expectedGpus } = around.config
  const seen = { ...reading, isLoaded: reading.driver.ok && reading.driver.value.isLoaded }
  const spare = sparePlaces(seen, before.driver, { inventory: around.inventory, expectedGpus })
  const isTold = (entity: string) => before.told.has(standingKey({ type: 'GPUMissing', entity }))
  const { says, inventory } = judgeMissing({ reading, expectedGpus, isOpen, hasLasted, spare, isTold, ...around })
  for (const [{ entity, subject }, said] of byEntity(says)) settling.say('GPUMissing', { entity, subject }, said)
  return inventory
}

/** Of why it is not seen, at each of a GPU's conditions. */
const WHY_MAX = 120

/** Why what was told before is not known now. */
function whyNotSeen({ query }: HealthReading): Unobserved {
  const unseen = whyUnseen(query)
  // All of it stands where the health of the GPUs as a whole is told.
  if (unseen !== undefined) return { ...unseen, message: cutText(unseen.message, WHY_MAX) }
  const isPart = query.kind === 'rows' && (query.answer.isCut || query.answer.malformed > 0)
  if (isPart) return unobserved('AnswerIncomplete', 'a part of what nvidia-smi printed is missing, or makes no sense')
  return unobserved('GPUNotSeen', 'nvidia-smi does not show it')
}

/** What was told before in this life and cannot be seen now is unknown, with why. */
function untold(
  reading: HealthReading,
  told: ReadonlySet<string>,
  settling: Settling,
  subjectOf: HealthAround['subjectOf'],
): readonly Finding[] {
  const named = new Set(settling.findings.map(({ type, entity = '' }) => standingKey({ type, entity })))
  const seen = new Set(settling.findings.filter(({ type }) => type !== 'GPUMissing').map(({ entity }) => entity))
  const why = whyNotSeen(reading)
  return [...told].map(conditionOf).flatMap(({ type, entity }) => {
    const isSilent = named.has(standingKey({ type, entity })) || (entity !== '' && seen.has(entity))
    return isSilent ? [] : [{ ...unknownFinding(type, why, entity), subject: subjectOf(entity) }]
  })
}

/** By which module nvidia-smi answered last. */
function answeredBy({ query, driver }: HealthReading, before: HealthMemory): string | undefined {
  return query.kind === 'rows' && driver.ok ? driver.value.version : before.answeredBy
}

/** The verdict on one look. */
export function evaluateHealth(reading: HealthReading, around: HealthAround, before: HealthMemory): HealthVerdict {
  const { query } = reading
  const settling = createSettling(around.config.modes, before.standings)
  const looks = stuckLooks(reading.stuck, before.stuck)
  settling.say('GPUHung', OF_NODE, [judgeHung(reading, looks)])
  const { word, known: driver } = driverLack(reading, before.driver, around) ?? {
    word: undefined,
    known: before.driver,
  }
  settling.say('GPUDriverFailed', OF_NODE, judgeDriver(reading, word, before.answeredBy))
  const inventory = settleMissing(reading, around, before, settling)
  const rows = query.kind === 'rows' ? query.answer.rows.filter((row) => !isLost(row)) : []
  const gpus = judgeGpus(rows, reading, around, before, settling)
  const told = new Set([...before.told, standingKey({ type: 'GPUMissing', entity: '' })])
  const findings = [...settling.findings, ...untold(reading, told, settling, around.subjectOf)]
  const unseen =
    rows.length > 0
      ? undefined
      : (whyUnseen(query) ?? { ok: false as const, reason: 'NoGPUs', message: 'nvidia-smi shows no GPU' })
  const health = healthOf(findings, {
    unseen,
    wellMessage: `${rows.length === 1 ? '1 GPU is' : `${rows.length} GPUs are`} well`,
    open: stillOpen(findings, (key) => standingIn(settling.standings, key).told),
    others: around.others,
  })
  for (const { type, entity = '' } of settling.findings) if (entity !== '') told.add(standingKey({ type, entity }))
  return {
    findings: [health, ...findings],
    memory: {
      ...before,
      standings: settling.standings,
      gpus,
      stuck: looks,
      driver,
      told,
      present: rows.length,
      answeredBy: answeredBy(reading, before),
    },
    inventory,
    partial: query.kind !== 'rows' || !seesAll(query.answer, inventory.known, awayIn(reading.pci)),
  }
}

/** Conditions of the node as a whole. */
const NODE_TYPES = ['GPUHealthy', 'GPUHung', 'GPUDriverFailed'] as const

/** Lets go of all that was said: this node has no GPU any more. */
export function forgetAll({ told }: HealthMemory): { memory: HealthMemory; withdrawn: readonly ConditionKey[] } {
  const ofNode = NODE_TYPES.map((type) => ({ type, entity: '' }))
  return { memory: FIRST_HEALTH, withdrawn: [...ofNode, ...Array.from(told, conditionOf)] }
}

/** Lets go of GPUs that are not in their slots any more: what was said of them is withdrawn. */
export function forgetGone(
  memory: HealthMemory,
  gone: readonly Card[],
): { memory: HealthMemory; withdrawn: readonly ConditionKey[] } {
  if (gone.length === 0) return { memory, withdrawn: [] }
  const entities = new Set(gone.map(entityOf))
  const [standings, told, gpus] = [new Map(memory.standings), new Set(memory.told), new Map(memory.gpus)]
  for (const key of [...standings.keys(), ...told]) {
    if (!entities.has(conditionOf(key).entity)) continue
    standings.delete(key)
    told.delete(key)
  }
  for (const { uuid, place } of gone) gpus.delete(uuid ?? place)
  const types = ['GPUMissing', ...GPU_TYPES]
  const withdrawn = [...entities].flatMap((entity) => types.map((type) => ({ type, entity })))
  return { memory: { ...memory, standings, told, gpus }, withdrawn }
}
