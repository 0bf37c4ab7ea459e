/**
 * Keeps the node's conditions as they should be: one patch per batch of changes, a heartbeat, and a look at the node that
 * repairs drift. What is sent is always the state as it is now; old states are never sent late.
 */
import { type KubeClient, type KubeNode, parseMark } from '#kube'
import type { Clock, Logger } from '#service'
import type { Gate } from '../pace/gate.ts'
import type { Limiter } from '../pace/limiter.ts'
import { type Desired, WATCHED, WELL } from './desired.ts'
import type { Ours } from './ours.ts'
import { createPacer } from './pacer.ts'
import { type Cause, planPatch } from './plan.ts'

/** Changes that come within this time go out together. */
const BATCH_MS = 25
/** A condition that is no longer wished, and that this exporter never saw itself, is taken away after this. */
const SETTLE_MS = 120_000
/** After an error that is none of a request's. */
const MISTAKE_MS = 5000
/** New words about something that is well travel with the heartbeat; about a problem once in this time at most. */
const REWORD_MS = 60_000

export interface WriterOptions {
  readonly client: KubeClient
  readonly nodeName: string
  readonly gate: Gate
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
  /** The wish now; undefined: nothing is known yet and nothing is written. */
  readonly desired: (written: ReadonlySet<string>) => ReadonlyMap<string, Desired> | undefined
  /** Names that the detector has taken back, and those without a place; asked after `desired`. */
  readonly withdrawn: () => ReadonlySet<string>
  readonly annotations: () => Readonly<Record<string, string>>
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
  /** Nothing waits to be sent. */
  isSettled(): boolean
  /** Runs until aborted. */
  run(signal: AbortSignal): Promise<void>
}

export function createConditionWriter(options: WriterOptions): ConditionWriter {
  const { client, nodeName, gate, limiter, clock, log, random = Math.random } = options
  const written = new Set<string>()
  const rewordedMs = new Map<string, number>()
  let node: KubeNode | undefined
  let foreign: readonly string[] = []
  const pacer = createPacer(options.updateMs)
  /** How bad each was when it was written last. */
  const ranks = new Map<string, number>()
  /** Since when something waits to be sent; since when something came that was not looked at; until when what waits is held. */
  let dirtyMs: number | undefined
  let newsMs: number | undefined
  let heldUntilMs: number | undefined
  let isHurried = false
  let heartbeatDueMs = 0
  let lookDueMs = 0
  let completeSinceMs: number | undefined
  let wake: (() => void) | undefined
  let isBegun = false
  /** The node is another object: nothing of ours is on it. */
  let isAnew = false

  const spread = (ms: number, share: number) => ms * (1 + share * (2 * random() - 1))

  function changed(): void {
    dirtyMs ??= clock.monotonicMs()
    newsMs ??= clock.monotonicMs()
    wake?.()
  }

  /** What stands there by the file of an earlier exporter is ours, whatever became of the note. */
  function adopt(next: KubeNode): void {
    if (options.remembered === undefined || options.remembered.uid !== next.metadata.uid) return
    const standing = new Set((next.status?.conditions ?? []).map(({ type }) => type))
    for (const type of options.remembered.types) if (standing.has(type)) written.add(type)
  }

  function saw(next: KubeNode): void {
    const before = node?.metadata.uid
    if (before !== undefined && before !== next.metadata.uid) {
      log.warn('the node is another object now; everything is written again', { before, now: next.metadata.uid })
      written.clear()
      ranks.clear()
      isAnew = true
    }
    const isFirst = node === undefined
    if (isFirst) adopt(next)
    node = next
    if (isFirst) options.onFound?.()
  }

  function mayReword({ type, rank }: Desired): boolean {
    if (rank === WELL) return false
    const lastMs = rewordedMs.get(type) ?? Number.NEGATIVE_INFINITY
    return clock.monotonicMs() - lastMs >= Math.max(options.updateMs, REWORD_MS)
  }

  function mayRemove(): boolean {
    if (!options.isComplete()) {
      completeSinceMs = undefined
      return false
    }
    completeSinceMs ??= clock.monotonicMs()
    return clock.monotonicMs() - completeSinceMs >= SETTLE_MS
  }

  function tellForeign(names: readonly string[]): void {
    const news = names.filter((name) => !foreign.includes(name))
    if (news.length > 0)
      log.warn('another writer holds a condition type of ours; it is left alone', {
        types: news,
        advice: 'stop the other writer, or name ours otherwise in exporters.kubernetes.conditionTypes',
      })
    foreign = names
  }

  /** Something of ours was not confirmed for longer than a heartbeat. */
  function isStale(of: KubeNode | undefined): boolean {
    const ours = new Set(of === undefined ? [] : parseMark(of).conditions)
    const oldest = clock.now().getTime() - options.heartbeatMs
    return (of?.status?.conditions ?? []).some(
      ({ type, lastHeartbeatTime }) => ours.has(type) && Date.parse(lastHeartbeatTime ?? '') < oldest,
    )
  }

  async function look(signal: AbortSignal): Promise<void> {
    await limiter.wait(true, signal)
    saw(await client.getNode(nodeName, { signal, cached: node !== undefined }))
    lookDueMs = clock.monotonicMs() + spread(options.resyncMs, 0.1)
  }

  /** @returns whether something was sent */
  async function write(signal: AbortSignal): Promise<boolean> {
    const nowMs = clock.monotonicMs()
    // The first of this process confirms everything: who wrote before may have ended long ago.
    const heartbeat = nowMs >= heartbeatDueMs || (!isBegun && isStale(node))
    const desired = options.desired(written)
    const sinceMs = dirtyMs
    dirtyMs = undefined
    newsMs = undefined
    heldUntilMs = undefined
    if (desired === undefined || node === undefined) return false
    isBegun = true
    const plan = planPatch({
      node,
      desired,
      written,
      annotations: options.annotations(),
      heartbeat,
      // With the heartbeat all words go along.
      mayReword: (wish) => heartbeat || mayReword(wish),
      removeOrphans: mayRemove(),
      withdrawn: options.withdrawn(),
      booted: new Date(clock.now().getTime() - clock.monotonicMs()),
    })
    tellForeign(plan.foreign)
    if (heartbeat) heartbeatDueMs = nowMs + spread(options.heartbeatMs, 0.1)
    const { patch, cause } = plan
    if (patch === undefined || cause === undefined) return false
    const worse = plan.types.filter(
      (type) => (desired.get(type)?.rank ?? WELL) > Math.max(WATCHED, ranks.get(type) ?? WELL),
    )
    const waitMs = heartbeat || isHurried || isAnew ? 0 : pacer.waitMs(nowMs, worse)
    if (waitMs > 0) {
      dirtyMs = sinceMs ?? nowMs
      heldUntilMs = nowMs + waitMs
      return false
    }
    try {
      await limiter.wait(true, signal)
      saw(await client.patchNodeStatus(nodeName, patch, { signal }))
      // The answer is the whole node: a look as good as any.
      lookDueMs = clock.monotonicMs() + spread(options.resyncMs, 0.1)
    } catch (err) {
      dirtyMs ??= sinceMs ?? nowMs
      if (heartbeat) heartbeatDueMs = 0
      throw err
    }
    pacer.wrote(clock.monotonicMs(), worse)
    isAnew = false
    for (const type of plan.types) {
      written.add(type)
      ranks.set(type, desired.get(type)?.rank ?? WELL)
      rewordedMs.set(type, clock.monotonicMs())
    }
    for (const { type } of patch.status?.conditions.filter((condition) => '$patch' in condition) ?? []) {
      written.delete(type)
      rewordedMs.delete(type)
      ranks.delete(type)
    }
    if (node.metadata.uid !== undefined) options.onOurs({ uid: node.metadata.uid, types: [...written] })
    options.onPatched(cause, plan.types, sinceMs === undefined ? undefined : clock.monotonicMs() - sinceMs)
    return true
  }

  async function turn(signal: AbortSignal): Promise<void> {
    try {
      if (node === undefined || clock.monotonicMs() >= lookDueMs) await look(signal)
      await write(signal)
      gate.worked()
    } catch (err) {
      if (signal.aborted) return
      const failure = gate.failed(err)
      if (failure === undefined) {
        // A mistake of ours: it must not end the writing for good.
        log.error('conditions could not be written, for a reason that is not the API server', { err })
        dirtyMs ??= clock.monotonicMs()
        await clock.sleep(MISTAKE_MS, signal).catch(() => undefined)
        return
      }
      if (failure.kind === 'missing') node = undefined
      if (failure.kind === 'refused') {
        // The same patch would be refused again; a look at the node may show why it is another than was thought.
        lookDueMs = 0
      }
      dirtyMs ??= clock.monotonicMs()
    }
  }

  /** Until there is something to do: a change, a heartbeat, a look, or the gate opens. */
  async function idle(signal: AbortSignal): Promise<void> {
    const nowMs = clock.monotonicMs()
    const shutMs = gate.opensInMs()
    const sendMs =
      newsMs !== undefined
        ? newsMs + BATCH_MS
        : dirtyMs === undefined
          ? Number.POSITIVE_INFINITY
          : (heldUntilMs ?? dirtyMs)
    const dueMs = Math.max(0, Math.min(heartbeatDueMs, lookDueMs, sendMs) - nowMs)
    const waitMs = shutMs > 0 ? shutMs : dueMs
    if (waitMs <= 0) return
    const woken = new AbortController()
    // A change ends the wait for a time, not the wait for the server.
    if (shutMs <= 0 && newsMs === undefined) wake = () => woken.abort()
    await clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined)
    wake = undefined
  }

  return {
    changed,
    hurry() {
      isHurried = true
      newsMs ??= dirtyMs
      wake?.()
    },
    unsettle() {
      completeSinceMs = undefined
    },
    get node() {
      return node
    },
    get foreign() {
      return foreign
    },
    isSettled: () => dirtyMs === undefined && gate.failure === undefined,
    async run(signal) {
      heartbeatDueMs = clock.monotonicMs() + spread(options.heartbeatMs, 0.1)
      while (!signal.aborted) {
        await idle(signal)
        if (signal.aborted) return
        if (newsMs !== undefined && gate.isOpen()) {
          // The batch's time, from the first change of it.
          const restMs = newsMs + BATCH_MS - clock.monotonicMs()
          if (restMs > 0) await clock.sleep(restMs, signal).catch(() => undefined)
        }
        if (gate.isOpen() && !signal.aborted) await turn(signal)
      }
    },
  }
}
