/**
 * Keeps the node's conditions as they should be: one patch per batch of changes, a heartbeat, and a look at the node that
 * repairs drift. What is sent is always the state as it is now; old states are never sent late.
 */
import { type KubeClient, type KubeNode, KubeStatusError, type MarkKey, parseMark } from '#kube'
import type { Clock, Logger } from '#service'
import type { Limiter } from '../pace/limiter.ts'
import type { Pause } from '../pace/pause.ts'
import type { Confirmations } from './confirmations.ts'
import type { Desired } from './desired.ts'
import { leftBehind } from './notes.ts'
import type { Ours } from './ours.ts'
import { createPacer, type Pacer } from './pacer.ts'
import { type Cause, type Plan, planPatch } from './plan.ts'
import { createSchedule, createSettling, type Schedule, type Settling } from './schedule.ts'
import { createWritten, type Written } from './written.ts'

/** After an error that is none of a request's. */
const MISTAKE_MS = 5000
/** A heartbeat that finds nothing known comes again after this. */
const UNKNOWN_MS = 1000
/** A patch that changes nothing is answered with the node. */
const NOTHING = { status: { conditions: [] } } as const

export interface WriterOptions {
  readonly client: KubeClient
  readonly nodeName: string
  readonly pause: Pause
  readonly limiter: Limiter
  readonly clock: Clock
  readonly log: Logger
  readonly heartbeatMs: number
  readonly resyncMs: number
  /** Least time between two patches, but for what has become worse. */
  readonly updateMs: number
  /** What an earlier exporter wrote here, by its file. */
  readonly remembered: Ours | undefined
  /** What is ours on the node now. */
  readonly onOurs: (ours: Ours) => void
  /** The node was read for the first time. */
  readonly onFound?: () => void
  /** Whether anything is written; else the node is read, and annotations of before are taken off. */
  readonly writes: boolean
  /** Whose annotations of before are taken off by who writes none; undefined: nobody's. */
  readonly installation: string | undefined
  /** The wish now; undefined: nothing is known yet and nothing is written. */
  readonly desired: (written: ReadonlySet<string>) => ReadonlyMap<string, Desired> | undefined
  /** Names that the detector has taken back, and those without a place; asked after `desired`. */
  readonly withdrawn: () => ReadonlySet<string>
  readonly annotations: () => Readonly<Record<string, string>>
  /** Annotations that the configuration asks for. */
  readonly asked: Readonly<Record<string, string>>
  /** Where on the node it stands what is ours. */
  readonly markKey: MarkKey
  /** Names that are ours whoever wrote them. */
  readonly claimed: () => ReadonlySet<string>
  /** Who else confirms what on the node; undefined: what nobody wishes stays until all is known. */
  readonly confirmations: Confirmations | undefined
  /** Whether all that should be known is known, so that what nobody wishes may be taken away. */
  readonly isComplete: () => boolean
  readonly onPatched: (cause: Cause, types: readonly string[], changedMs: number | undefined) => void
  readonly random?: () => number
}

export interface ConditionWriter {
  /** Something changed; a patch follows within the batch's time. */
  changed(): void
  /** What is known may be incomplete from now on: nothing is taken away for a while. */
  unsettle(): void
  /** The end is near: whatever waits goes at once. */
  hurry(): void
  /** As the server last showed it; undefined before the first look, and when it is gone. */
  readonly node: KubeNode | undefined
  /** Names that another writer holds. */
  readonly foreign: readonly string[]
  /** Keys of annotations that are asked for and that another writer holds. */
  readonly foreignAnnotations: readonly string[]
  /** Nothing waits to be sent. */
  isSettled(): boolean
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>
}

/** The writer's state: what it knows of the node, and what is due. */
interface Desk {
  readonly options: WriterOptions
  readonly schedule: Schedule
  readonly settling: Settling
  readonly written: Written
  readonly pacer: Pacer
  node: KubeNode | undefined
  foreign: readonly string[]
  foreignAnnotations: readonly string[]
  isHurried: boolean
  /** Something was compared with the node in this life. */
  isBegun: boolean
  /** The node may not be read: the answer to a patch shows it. */
  isBlind: boolean
  /** The node is another object: nothing of ours is on it. */
  isAnew: boolean
  /** What an earlier configuration left may not be taken off. */
  mayNotTidy: boolean
  /** Ends the wait for the next turn. */
  wake: (() => void) | undefined
}

/** One batch, from the wish to the patch. */
interface Batch {
  readonly desired: ReadonlyMap<string, Desired>
  readonly plan: Plan
  readonly heartbeat: boolean
  readonly worse: readonly string[]
  readonly nowMs: number
  /** Since when it waited; undefined: it is none of a change. */
  readonly sinceMs: number | undefined
}

function saw(desk: Desk, next: KubeNode): void {
  const { options, written, node } = desk
  const before = node?.metadata.uid
  if (before !== undefined && before !== next.metadata.uid) {
    options.log.warn('the node is another object now; everything is written again', { before, now: next.metadata.uid })
    written.forget()
    desk.isAnew = true
  }
  if (node === undefined) written.adopt(next, options.remembered)
  desk.node = next
  options.confirmations?.saw(next, options.clock.monotonicMs())
  if (node === undefined) options.onFound?.()
}

/** What another writer holds, once each. */
function tellForeign(desk: Desk, { foreign, foreignAnnotations }: Plan): void {
  const { log } = desk.options
  const types = foreign.filter((name) => !desk.foreign.includes(name))
  if (types.length > 0)
    log.warn('another writer holds a condition type of ours; it is left alone', {
      types,
      advice: 'stop the other writer, or name ours otherwise in exporters.kubernetes.conditionTypes',
    })
  const keys = foreignAnnotations.filter((key) => !desk.foreignAnnotations.includes(key))
  if (keys.length > 0)
    log.warn('another writer holds an annotation that is asked for; it is left alone', {
      keys,
      advice: 'take it out of exporters.kubernetes.nodeAnnotations, or off the node if nobody else writes it any more',
    })
  desk.foreign = foreign
  desk.foreignAnnotations = foreignAnnotations
}

/** Something of ours was not confirmed for longer than a heartbeat. */
function isStale(node: KubeNode | undefined, markKey: MarkKey, oldestMs: number): boolean {
  const ours = new Set(node === undefined ? [] : parseMark(node, markKey).conditions)
  return (node?.status?.conditions ?? []).some(
    ({ type, lastHeartbeatTime }) => ours.has(type) && Date.parse(lastHeartbeatTime ?? '') < oldestMs,
  )
}

async function look(desk: Desk, signal: AbortSignal): Promise<void> {
  const { client, nodeName, limiter, clock, log } = desk.options
  await limiter.wait(true, signal)
  try {
    saw(
      desk,
      desk.isBlind
        ? await client.patchNodeStatus(nodeName, NOTHING, { signal })
        : await client.getNode(nodeName, { signal, cached: desk.node !== undefined }),
    )
  } catch (err) {
    if (desk.isBlind || !isForbidden(err)) throw err
    desk.isBlind = true
    log.warn('the node may not be read; what the server answers to a patch shows it', { node: nodeName })
    return look(desk, signal)
  }
  desk.schedule.looked(clock.monotonicMs())
}

function isForbidden(err: unknown): boolean {
  return err instanceof KubeStatusError && err.refusal.status === 403
}

/** Takes what waits and compares it with the node. @returns undefined while either is not known */
function compare(desk: Desk): Batch | undefined {
  const { options, schedule, written, node } = desk
  const { clock } = options
  const nowMs = clock.monotonicMs()
  const wallMs = clock.now().getTime()
  // The first of this process confirms everything: who wrote before may have ended long ago.
  const heartbeat =
    schedule.isHeartbeatDue(nowMs) || (!desk.isBegun && isStale(node, options.markKey, wallMs - options.heartbeatMs))
  const desired = options.desired(written.types)
  const sinceMs = schedule.take()
  if (desired === undefined || node === undefined) {
    if (schedule.isHeartbeatDue(nowMs)) schedule.heartbeat(nowMs, UNKNOWN_MS)
    return undefined
  }
  desk.isBegun = true
  const plan = planPatch({
    node,
    desired,
    written: written.types,
    annotations: options.annotations(),
    asked: options.asked,
    installation: options.installation,
    markKey: options.markKey,
    claimed: options.claimed(),
    unconfirmed: options.confirmations?.missing ?? new Set(),
    heartbeat,
    // With the heartbeat all words go along.
    mayReword: (wish) => heartbeat || written.mayReword(wish, clock.monotonicMs()),
    removeOrphans: desk.settling.isSettled(options.isComplete(), clock.monotonicMs()),
    withdrawn: options.withdrawn(),
    booted: new Date(wallMs - nowMs),
  })
  return { desired, plan, heartbeat, worse: written.worse(plan.types, desired), nowMs, sinceMs }
}

/** Takes off the annotations that an earlier configuration asked for. Who writes nothing may lack the right: nothing else waits for that. */
async function tidy(desk: Desk, signal: AbortSignal): Promise<void> {
  const { client, nodeName, limiter, clock, log, installation } = desk.options
  desk.schedule.take()
  // There is nothing to confirm: the looks at the node go on.
  desk.schedule.heartbeat(clock.monotonicMs())
  const annotations = desk.node === undefined || desk.mayNotTidy ? {} : leftBehind(desk.node, installation)
  const keys = Object.keys(annotations)
  if (keys.length === 0) return
  await limiter.wait(true, signal)
  try {
    saw(desk, await client.patchNodeStatus(nodeName, { metadata: { annotations } }, { signal }))
    log.info('annotations of an earlier configuration were taken off the node', { keys })
  } catch (err) {
    if (!isForbidden(err)) throw err
    desk.mayNotTidy = true
    log.warn('annotations of an earlier configuration stay on the node: they may not be taken off', { keys, err })
  }
}

/** Sends what differs, unless it has to wait for its turn. */
async function write(desk: Desk, signal: AbortSignal): Promise<void> {
  if (!desk.options.writes) return tidy(desk, signal)
  const batch = compare(desk)
  if (batch === undefined) return
  const { plan, heartbeat, worse, nowMs, sinceMs } = batch
  tellForeign(desk, plan)
  if (heartbeat) desk.schedule.heartbeat(nowMs)
  if (plan.patch === undefined) return
  const waitMs = heartbeat || desk.isHurried || desk.isAnew ? 0 : desk.pacer.waitMs(nowMs, worse)
  if (waitMs > 0) desk.schedule.hold(nowMs, waitMs, sinceMs)
  else await send(desk, batch, signal)
}

async function send(desk: Desk, batch: Batch, signal: AbortSignal): Promise<void> {
  const { client, nodeName, limiter, clock, onOurs, onPatched } = desk.options
  const { desired, heartbeat, worse, nowMs, sinceMs } = batch
  const { patch, cause, types } = batch.plan
  if (patch === undefined || cause === undefined) return
  try {
    await limiter.wait(true, signal)
    saw(desk, await client.patchNodeStatus(nodeName, patch, { signal }))
  } catch (err) {
    desk.schedule.failed(sinceMs ?? nowMs, heartbeat)
    throw err
  }
  const doneMs = clock.monotonicMs()
  // The answer is the whole node: a look as good as any.
  desk.schedule.looked(doneMs)
  desk.pacer.wrote(doneMs, worse)
  desk.isAnew = false
  desk.written.wrote(types, desired, doneMs)
  const removed = patch.status?.conditions.filter((condition) => '$patch' in condition) ?? []
  desk.written.removed(removed.map(({ type }) => type))
  const uid = desk.node?.metadata.uid
  if (uid !== undefined) onOurs({ uid, types: [...desk.written.types] })
  onPatched(cause, types, sinceMs === undefined ? undefined : doneMs - sinceMs)
}

async function turn(desk: Desk, signal: AbortSignal): Promise<void> {
  const { clock, pause, log } = desk.options
  try {
    if (desk.node === undefined || desk.schedule.isLookDue(clock.monotonicMs())) await look(desk, signal)
    await write(desk, signal)
    pause.worked()
  } catch (err) {
    if (signal.aborted) return
    desk.options.confirmations?.failed()
    desk.schedule.failed(clock.monotonicMs(), false)
    const failure = pause.failed(err)
    if (failure === undefined) {
      // A mistake of ours: it must not end the writing for good.
      log.error('conditions could not be written, for a reason that is not the API server', { err })
      await clock.sleep(MISTAKE_MS, signal).catch(() => undefined)
    } else if (failure.kind === 'missing') desk.node = undefined
    // The same patch would be refused again; a look at the node may show why it is another than was thought.
    else if (failure.kind === 'refused') desk.schedule.lookAgain()
  }
}

/** Until there is something to do: a change, a heartbeat, a look, or the pause ends. */
async function idle(desk: Desk, signal: AbortSignal): Promise<void> {
  const { clock, pause } = desk.options
  const { schedule } = desk
  const shutMs = pause.leftMs()
  const waitMs = shutMs > 0 ? shutMs : schedule.dueInMs(clock.monotonicMs())
  if (waitMs <= 0) return
  const woken = new AbortController()
  // A change ends the wait for a time, not the wait for the server.
  if (shutMs <= 0 && !schedule.hasNews) desk.wake = () => woken.abort()
  await clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined)
  desk.wake = undefined
}

/** Until what changes together has come. */
async function batched({ options: { clock }, schedule }: Desk, signal: AbortSignal): Promise<void> {
  for (;;) {
    const restMs = schedule.batchRestMs(clock.monotonicMs())
    if (restMs <= 0 || signal.aborted) return
    await clock.sleep(restMs, signal).catch(() => undefined)
  }
}

async function run(desk: Desk, signal: AbortSignal): Promise<void> {
  const { clock, pause } = desk.options
  desk.schedule.begin(clock.monotonicMs())
  while (!signal.aborted) {
    await idle(desk, signal)
    if (signal.aborted) return
    if (pause.isOver()) await batched(desk, signal)
    if (pause.isOver() && !signal.aborted) await turn(desk, signal)
  }
}

export function createConditionWriter(options: WriterOptions): ConditionWriter {
  const { clock, pause, heartbeatMs, resyncMs, updateMs, random = Math.random } = options
  const schedule = createSchedule({ heartbeatMs, resyncMs, random })
  const desk: Desk = {
    options,
    schedule,
    settling: createSettling(),
    written: createWritten(updateMs),
    pacer: createPacer(updateMs),
    node: undefined,
    foreign: [],
    foreignAnnotations: [],
    isHurried: false,
    isBegun: false,
    isBlind: false,
    isAnew: false,
    mayNotTidy: false,
    wake: undefined,
  }

  return {
    changed() {
      schedule.changed(clock.monotonicMs())
      desk.wake?.()
    },
    hurry() {
      desk.isHurried = true
      schedule.hurry()
      desk.wake?.()
    },
    unsettle: desk.settling.unsettle,
    get node() {
      return desk.node
    },
    get foreign() {
      return desk.foreign
    },
    get foreignAnnotations() {
      return desk.foreignAnnotations
    },
    isSettled: () => schedule.waitingSinceMs === undefined && pause.failure === undefined,
    run: (signal) => run(desk, signal),
  }
}
