/** What a reading of links and fabric says. Pure. */
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../cards/card.ts'
import { CONDITIONS } from '../../conditions.ts'
import { healthOf } from '../../health.ts'
import type { Said } from '../../judging/said.ts'
import { NOTHING_STANDS, settle } from '../../judging/settle.ts'
import { type Mode, NUMBERS } from '../../numbers.ts'
import { type GpuRow, textIn } from '../../smi/rows.ts'
import type { Config } from './config.ts'
import { judgeFabric } from './judge/fabric.ts'
import { judgeLinks } from './judge/links.ts'
import type { FabricLook, FabricReading, Judge } from './judge/look.ts'
import { judgeRepair } from './judge/repair.ts'
import { judgeReplays, replaysOf } from './judge/replays.ts'
import { type FabricMemory, fabricKey, type GpuCounters } from './memory.ts'

/** What a reading is judged by. */
export interface FabricAround {
  readonly config: Config
  /** Since the boot. */
  readonly nowMs: number
  readonly cardOf: (place: string) => Card
}

const JUDGES: readonly Judge[] = [judgeRepair, judgeReplays, judgeLinks]
/** Of each GPU. */
const GPU_TYPES = ['GPUMemoryErrors', 'GPUPCIeDegraded', 'GPUNVLinkDown'] as const
const CONDITION_OF: ReadonlyMap<string, string> = new Map(NUMBERS.map(({ id, condition }) => [id, condition]))
const MODES: Readonly<Record<string, Mode>> = Object.fromEntries(NUMBERS.map(({ id, mode }) => [id, mode]))

function definedOf(modes: Config['modes']): Readonly<Record<string, Mode>> {
  return Object.fromEntries(Object.entries(modes).flatMap(([id, mode]) => (mode === undefined ? [] : [[id, mode]])))
}

type About = { readonly entity: string; readonly subject: string | undefined }

function createSettling(config: Config, before: FabricMemory) {
  const modes: Readonly<Record<string, Mode>> = { ...MODES, ...definedOf(config.modes) }
  const standings = new Map(before.standings)
  const findings: Finding[] = []
  return {
    standings,
    findings,
    say(type: string, about: About, says: readonly Said[]): void {
      const key = fabricKey({ type, entity: about.entity })
      const healthyReason = CONDITIONS.get(type)?.healthyReason ?? type
      const { finding, standing } = settle(says, before.standings.get(key) ?? NOTHING_STANDS, {
        type,
        ...about,
        healthyReason,
        modes,
      })
      if (finding !== undefined) findings.push(finding)
      standings.set(key, standing)
    },
  }
}

/** What of a GPU the next look is held against. What was not read now is known from before. */
function countersOf({ row, card, reading, before }: FabricLook): GpuCounters {
  const links = reading.links?.get(row.uuid ?? '')
  const errors = reading.linkErrors?.get(row.uuid ?? '')
  const placeOf = (index: number) => reading.rows.find((one) => one.index === index)?.place
  const reached = reading.reach
    ?.filter(({ from, word }) => from === row.index && word === 'OK')
    .flatMap(({ to }) => placeOf(to) ?? [])
  return {
    linksUp: Math.max(before.linksUp ?? 0, links?.active.length ?? 0),
    linkErrors: errors === undefined ? before.linkErrors : errors.crc + errors.replay,
    recoveries: errors?.recovery ?? before.recoveries,
    replays: replaysOf({ card, reading }) ?? before.replays,
    hadC2c: before.hadC2c === true || textIn(row, 'c2c.mode') === 'Enabled',
    reached: [...new Set([...(before.reached ?? []), ...(reached ?? [])])],
  }
}

function judgeGpu(row: GpuRow, reading: FabricReading, around: FabricAround & { readonly memory: FabricMemory }) {
  const { config, nowMs, cardOf, memory } = around
  const card = cardOf(row.place)
  const key = card.uuid ?? card.place
  const before = memory.gpus.get(key) ?? {}
  const sinceMs = memory.lookedMs === undefined ? undefined : nowMs - memory.lookedMs
  const look: FabricLook = { row, card, reading, config, before, sinceMs }
  const says = JUDGES.flatMap((judge) => judge(look)).filter((one) => one !== undefined)
  return { key, card, says, counters: countersOf(look) }
}

/** What is known of the fabric manager from now on: a person's word holds until it runs here. */
function managerAfter({ fabricManager: unit }: FabricReading, { hadManager, isManagerExcused }: FabricMemory) {
  const isRunning = unit.ok && unit.value?.state === 'running'
  return isRunning ? { hadManager: true, isManagerExcused: false } : { hadManager, isManagerExcused }
}

/** The verdict on one look. */
export function evaluateFabric(
  reading: FabricReading,
  around: FabricAround,
  memory: FabricMemory,
): { readonly findings: readonly Finding[]; readonly memory: FabricMemory } {
  const settling = createSettling(around.config, memory)
  const gpus = new Map(memory.gpus)
  for (const row of reading.rows) {
    const { key, card, says, counters } = judgeGpu(row, reading, { ...around, memory })
    const about = { entity: entityOf(card), subject: subjectOf(card) }
    gpus.set(key, counters)
    for (const type of GPU_TYPES)
      settling.say(
        type,
        about,
        says.filter(({ id }) => CONDITION_OF.get(id) === type),
      )
  }
  settling.say('GPUFabricFailed', { entity: '', subject: undefined }, judgeFabric({ reading, memory, ...around }))
  const { findings, standings } = settling
  const unseen = reading.rows.length > 0 ? undefined : unobserved('NoGPUs', 'nvidia-smi shows no GPU')
  const health = healthOf(findings, { unseen, wellMessage: 'links and fabric of the GPUs are well' })
  return {
    findings: [health, ...findings],
    memory: { standings, gpus, lookedMs: around.nowMs, ...managerAfter(reading, memory) },
  }
}
