/** One instance of the check: reads, judges, tells the others, and keeps what was said while it does not look. */
import type { ConditionKey } from '#model'
import type { CheckContext, CheckResult, Finding, Happening } from '#monitor-kit'
import type { Card } from '../../cards/card.ts'
import type { Inventory } from '../../cards/inventory.ts'
import { subjectFor } from '../../cards/subject-for.ts'
import type { NoneHere } from '../../driver/none-here.ts'
import type { GpuShared } from '../../shared.ts'
import type { GpuRow } from '../../smi/rows.ts'
import type { Config } from './config.ts'
import { evaluateHealth, forgetAll, forgetGone, type HealthVerdict } from './evaluate.ts'
import { whyUnseen } from './judge/unseen.ts'
import type { HealthMemory } from './memory.ts'
import { metricsOf } from './metrics.ts'
import { asNpdExt } from './npd-ext.ts'
import { createPace } from './pace.ts'
import { withParameters } from './parameters.ts'
import type { HealthReading } from './reading.ts'
import { createRenewal } from './renewal.ts'
import { acceptWords, tellResets } from './resetting.ts'
import { readHealth } from './source.ts'
import { statsOf } from './stats.ts'

/** What a look is given. */
export type HealthContext = CheckContext<Config, GpuShared | undefined>

/** What a look says, and what is kept for the next one. */
export type Looked = CheckResult & { readonly memory: HealthMemory }

/** How this check calls itself where it asks who is gone, and what others find. */
const CALLER = 'gpu-health-check'

function stretchedEvent(change: 'stretched' | 'restored', tookMs: number, restMs: number): Happening {
  const took = `nvidia-smi took ${(tookMs / 1000).toFixed(1)} s`
  const isStretched = change === 'stretched'
  const how = isStretched
    ? `it is asked every ${Math.ceil(restMs / 1000)} s from now on, for a twentieth of the time at most`
    : 'it is asked in each turn again'
  const reason = isStretched ? 'GPUProbesStretched' : 'GPUProbesRestored'
  return { reason, severity: 'info', message: `${took}: ${how}` }
}

function resultOf(verdict: HealthVerdict, reading: HealthReading, began: Date): CheckResult {
  const incomplete = whyUnseen(reading.query)
  return {
    // What is told again while nothing is asked is the same word.
    findings: verdict.findings.map((finding) => ({ ...finding, observed: began })),
    metrics: metricsOf(reading),
    partial: verdict.partial,
    ...(incomplete !== undefined && { incomplete: incomplete.message }),
  }
}

/** A line a GPU and look, which npd-ext writes for its readers; else it is there for who looks for it. */
function logStats({ query }: HealthReading, { log, config }: HealthContext): void {
  const level = config.compatibility === 'npd-ext' ? 'info' : 'debug'
  for (const row of rowsOf(query)) log[level](`GPU stats: ${statsOf(row)}`, { gpu: row.uuid })
}

function rowsOf(query: HealthReading['query']): readonly GpuRow[] {
  return query.kind === 'rows' ? query.answer.rows : []
}

function isOf({ type, entity = '' }: Finding, key: ConditionKey): boolean {
  return type === key.type && entity === key.entity
}

/** Who left his slot for another, and is missed all the same, is spoken of. */
function unsaid(withdrawn: readonly ConditionKey[], { findings }: CheckResult): readonly ConditionKey[] {
  return withdrawn.filter((key) => !findings.some((one) => isOf(one, key)))
}

/** What this probe says of the next ones; one that hangs, or has not answered, says nothing of how long an answer takes. */
function paced(
  pace: ReturnType<typeof createPace>,
  { tookMs }: HealthReading,
  { beganMs, intervalMs }: { readonly beganMs: number; readonly intervalMs: number },
): readonly Happening[] {
  if (tookMs === undefined) return []
  const change = pace.took(beganMs, tookMs, intervalMs)
  return change === undefined ? [] : [stretchedEvent(change, tookMs, pace.restMs)]
}

/** What was known before a look. */
interface Known {
  readonly memory: HealthMemory
  readonly inventory: Inventory
}

/** What a look has seen, and when. */
interface Seen extends Known {
  readonly reading: HealthReading
  readonly nowMs: number
  readonly wallMs: number
}

/** Who was known before a look, and is none of this node's any more. */
function replacedBy({ inventory }: HealthVerdict, before: Inventory): readonly Card[] {
  const gone = Object.entries(before.known).filter(([uuid]) => !(uuid in inventory.known))
  return gone.map(([uuid, { place, name }]) => ({ uuid, place, name, index: undefined }))
}

/** Of whom another has come for nothing is said any more. */
function judged(judge: (seen: Seen) => HealthVerdict, seen: Seen) {
  const verdict = judge(seen)
  const none = replacedBy(verdict, seen.inventory)
  if (none.length === 0) return { seen, verdict, replaced: [] }
  const { memory, withdrawn } = forgetGone(seen.memory, none)
  const without = { ...seen, memory }
  return { seen: without, verdict: { ...judge(without), inventory: verdict.inventory }, replaced: withdrawn }
}

/** What is logged of a machine without a GPU of its own. */
const NONE: Readonly<Record<NoneHere, string>> = {
  'no-gpu': 'this machine has no NVIDIA GPU of its own; nothing is probed',
  'for-screens': 'the NVIDIA cards of this machine drive screens without the driver of NVIDIA; nothing is probed',
}

/** What a caller's own limits may change. */
const BY_LIMITS: readonly string[] = ['GPUHealthy', 'GPUTemperatureHigh', 'GPUMemoryPressure']

/** Reads and judges, with what the checks have together. */
function createReader(shared: GpuShared, clock: HealthContext['clock']) {
  return {
    read({ config, host, signal }: HealthContext, { memory, inventory }: Known) {
      if (memory.driverKept !== undefined) shared.driver.recall(memory.driverKept)
      return readHealth({ host, signal, shared, memory, inventory, expectedGpus: config.expectedGpus })
    },
    /** When it is, for who judges now. */
    moment: () => ({ nowMs: clock.monotonicMs(), wallMs: clock.now().getTime() }),
    judge({ parameters, ...context }: HealthContext, { reading, memory, inventory, ...moment }: Seen) {
      const config = withParameters(context.config, parameters)
      const around = {
        config,
        ...moment,
        visibleDevices: process.env['NVIDIA_VISIBLE_DEVICES'],
        gpusAsked: process.env['NODE_DOCTOR_GPUS_ASKED'],
        isAtOnce: Object.keys(parameters).length > 0,
        inventory,
        others: shared.ill.others(CALLER),
        cardOf: shared.cards.at,
        subjectOf: (entity: string) => subjectFor(entity, { cards: shared.cards.all(), known: inventory.known }),
        provenMs: (place: string) => shared.resets.provenAt(place),
      }
      const verdict = evaluateHealth(reading, around, memory)
      if (config.compatibility !== 'npd-ext') return verdict
      return { ...verdict, findings: asNpdExt(verdict.findings, rowsOf(reading.query), config) }
    },
  }
}

/** What is logged once: that it looks, or why it does not. */
function createAnnouncing(log: HealthContext['log']) {
  let hasSaidNone = false
  let hasBegun = false
  return {
    /** What the readers of npd-ext's log wait for: it is asked once it listens. */
    began(): void {
      if (!hasBegun) log.info('GPU Monitor listening')
      hasBegun = true
    },
    none(why: NoneHere): void {
      if (!hasSaidNone) log.info(NONE[why])
      hasSaidNone = true
    },
  }
}

/** @param shared what the checks of the monitor have together */
export function createLooking(shared: GpuShared, { log, clock }: Pick<HealthContext, 'log' | 'clock'>) {
  const pace = createPace()
  const { read, judge, moment } = createReader(shared, clock)
  let last: { readonly result: CheckResult; readonly seen: Seen; readonly atMs: number } | undefined
  const announcing = createAnnouncing(log)
  const renewal = createRenewal(shared, log)

  /** A machine without a GPU is told once, and nothing is said of it. */
  function none(memory: HealthMemory, why: NoneHere): Looked {
    announcing.none(why)
    last = undefined
    shared.ill.note(CALLER, [])
    return memory.told.size === 0 ? { findings: [], memory } : { findings: [], ...forgetAll(memory) }
  }

  return {
    /** What a caller asks with limits of his own is judged by what was read last, as it was then, if that is no older than a turn. */
    async answer(context: HealthContext, memory: HealthMemory): Promise<Looked> {
      const freshMs = Math.max(context.intervalMs, pace.restMs)
      let seen = last !== undefined && clock.monotonicMs() - last.atMs <= freshMs ? last.seen : undefined
      if (seen === undefined) {
        const known = { memory, inventory: await shared.inventory.read() }
        const reading = await read(context, known)
        if (typeof reading === 'string') return { findings: [], partial: true, memory }
        seen = { ...known, reading, ...moment() }
      }
      const { findings } = judge(context, seen)
      return { findings: findings.filter(({ type }) => BY_LIMITS.includes(type)), partial: true, memory }
    },
    async look(context: HealthContext, before: HealthMemory): Promise<Looked> {
      const [beganMs, began] = [clock.monotonicMs(), clock.now()]
      if (last !== undefined && !pace.mayProbe(beganMs)) return { ...last.result, memory: before }
      const accepted = acceptWords(await shared.inventory.read(), before, context.config.expectedGpus)
      const reading = await read(context, accepted)
      if (typeof reading === 'string') {
        // A person's word is heard once.
        await shared.inventory.write(accepted.inventory)
        return none(accepted.memory, reading)
      }
      announcing.began()
      if (reading.query.kind === 'stopped') return { findings: [], partial: true, memory: before }
      const heard = tellResets(reading, accepted.memory, shared, beganMs)
      const left = forgetGone(heard, [...shared.cards.gone(CALLER), ...accepted.gone])
      const { seen, verdict, replaced } = judged((one) => judge(context, one), {
        ...{ reading, ...accepted, memory: left.memory },
        ...moment(),
      })
      await shared.inventory.write(verdict.inventory)
      logStats(reading, context)
      renewal.saw(reading, left.memory.answeredBy)
      const result = resultOf(verdict, reading, began)
      shared.ill.note(CALLER, result.findings)
      last = { result, seen, atMs: beganMs }
      const gone = unsaid([...left.withdrawn, ...replaced], result)
      const events = context.isAsked ? [] : paced(pace, reading, { beganMs, intervalMs: context.intervalMs })
      // What was told of GPUs is of the driver that is there still.
      await shared.driver.look()
      return { ...result, withdrawn: gone, events, memory: { ...verdict.memory, driverKept: shared.driver.kept } }
    },
  }
}
