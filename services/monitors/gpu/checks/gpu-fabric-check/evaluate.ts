/** What a reading of links and fabric says. Pure. */
import type { Finding } from '#monitor-kit'
import { unobserved } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../cards/card.ts'
import { healthOf } from '../../health.ts'
import { createSettling, OF_NODE } from '../../judging/settling.ts'
import { type GpuRow, textIn } from '../../smi/rows.ts'
import type { Config } from './config.ts'
import { judgeFabric } from './judge/fabric.ts'
import { judgeLinks } from './judge/links.ts'
import type { FabricLook, FabricReading, Judge } from './judge/look.ts'
import { judgeRepair } from './judge/repair.ts'
import { judgeReplays, replaysOf } from './judge/replays.ts'
import type { FabricMemory, GpuCounters } from './memory.ts'

/** What a reading is judged by. */
export interface FabricAround {
  readonly config: Config
  /** Since the boot. */
  readonly nowMs: number
  readonly cardOf: (place: string) => Card
  /** What other checks found ill last. Default: nothing. */
  readonly others?: readonly Finding[]
}

const JUDGES: readonly Judge[] = [judgeRepair, judgeReplays, judgeLinks]
/** Of each GPU. */
const GPU_TYPES = ['GPUMemoryErrors', 'GPUPCIeDegraded', 'GPUNVLinkDown'] as const
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
  const says = JUDGES.flatMap((judge) => judge(look))
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
  const settling = createSettling(around.config.modes, memory.standings)
  const gpus = new Map(memory.gpus)
  for (const row of reading.rows) {
    const { key, card, says, counters } = judgeGpu(row, reading, { ...around, memory })
    gpus.set(key, counters)
    settling.sayEach(GPU_TYPES, { entity: entityOf(card), subject: subjectOf(card) }, says)
  }
  settling.say('GPUFabricFailed', OF_NODE, judgeFabric({ reading, memory, ...around }))
  const { findings, standings } = settling
  const unseen = reading.rows.length > 0 ? undefined : unobserved('NoGPUs', 'nvidia-smi shows no GPU')
  const { others = [] } = around
  const health = healthOf(findings, { unseen, wellMessage: 'links and fabric of the GPUs are well', others })
  return {
    findings: [health, ...findings],
    memory: { ...memory, standings, gpus, lookedMs: around.nowMs, ...managerAfter(reading, memory) },
  }
}
