/** Pods asked to go, each until its own uid is gone: what `kubectl drain` does once it knows which. */
import type { Clock } from '#clock'
import { type KubeClient, KubeStatusError, type NodePod } from '#kube'
import type { AttemptMode } from '#model'
import { nameAll, nameOf } from './choose.ts'
import { createWaits, type Waits } from './waits.ts'

/** What is asked of the API server for it. */
export type EvictCalls = Pick<KubeClient, 'evict'>

/** Which, how, and until when. */
export interface EvictPods {
  readonly pods: readonly NodePod[]
  /** Resolves once there is no pod of this uid any more; rejects with the signal. */
  readonly gone: (uid: string, signal: AbortSignal) => Promise<void>
  /** Seconds that each gets. Absent: as many as it asks for itself. */
  readonly graceSeconds?: number | undefined
  readonly deadlineMs: number
  readonly mode: AttemptMode
  readonly signal: AbortSignal
  /** Asked before each eviction that is no trial: what it throws ends all. */
  readonly mayEvict?: (() => Promise<void>) | undefined
  /** Told which budgets hold it up, each time that they are others. Default: nobody. */
  readonly onWait?: ((text: string) => Promise<void>) | undefined
  /** A line of what happens. */
  readonly tell: (line: string) => void
}

/** What came of it. `left`: those that are not gone, as far as anybody knows. */
export type Evicted =
  | { readonly kind: 'evicted' }
  | { readonly kind: 'failed'; readonly text: string; readonly left: readonly NodePod[] }

/** k8s.io/kubectl, cmd/drain: EvictErrorRetryDelay. */
const RETRY_MS = 5_000
const RETRY_MAX_MS = 60_000
/** Evictions that are asked for at once; the API server counts them against everybody's share. */
const AT_ONCE = 4
/** Reasons that a sentence gives at most. */
const WHY_MAX = 3
const GONE_YET_SEEN = 'its eviction is answered with that there is none, and it is listed still'

/**
 * Evicts all of them, and waits. One that is blocked is tried again until the time is over; one whose eviction can never be ends all.
 * On trial each is asked for once, and nothing is waited for. No pod is ever deleted.
 * @throws the signal's reason when it aborts
 */
export async function evictPods(calls: EvictCalls, clock: Clock, given: EvictPods): Promise<Evicted> {
  const { pods, deadlineMs, signal } = given
  const over = new AbortController()
  const callOff = clock.after(deadlineMs, () => over.abort(new Late()))
  const both = AbortSignal.any([signal, over.signal])
  const blocks = new Map<string, string>()
  const left = new Set(pods)
  const turn = createTurns(AT_ONCE)
  const { onWait = () => Promise.resolve() } = given
  const waits = createWaits(onWait)
  const moves = pods.map(async (pod) => {
    try {
      await move({ calls, clock, given, pod, blocks, waits, signal: both, turn })
      if (!blocks.has(pod.uid)) left.delete(pod)
    } catch (err) {
      over.abort(err)
      throw err
    }
  })
  const ends = await Promise.allSettled(moves).finally(callOff)
  signal.throwIfAborted()
  const standing = [...left]
  const why = [...new Set(standing.flatMap(({ uid }) => blocks.get(uid) ?? []))]
  const words = `${nameAll(standing)}${why.length === 0 ? '' : ` (${why.slice(0, WHY_MAX).join('; ')})`}`
  if (ends.every(({ status }) => status === 'fulfilled')) {
    if (standing.length === 0) return { kind: 'evicted' }
    return { kind: 'failed', text: `would not be evicted now: ${words}`, left: standing }
  }
  const cause: unknown = over.signal.reason
  if (cause instanceof Late)
    return { kind: 'failed', text: `not gone within ${deadlineMs / 1000} s: ${words}`, left: standing }
  if (cause instanceof Impossible) return { kind: 'failed', text: cause.message, left: standing }
  throw cause
}

/** The time is over. */
class Late extends Error {}

/** One that can never be evicted. */
class Impossible extends Error {}

interface Move {
  readonly calls: EvictCalls
  readonly clock: Clock
  readonly given: EvictPods
  readonly pod: NodePod
  /** Why each is not told to end yet, by uid. */
  readonly blocks: Map<string, string>
  readonly waits: Waits
  readonly signal: AbortSignal
  readonly turn: Turns
}

/** One pod, until it is gone. */
async function move({ calls, clock, given, pod, blocks, waits, signal, turn }: Move): Promise<void> {
  const { mode, graceSeconds, tell, gone } = given
  const { namespace, name, uid } = pod
  const isDryRun = mode === 'dry-run'
  for (;;) {
    const heard = await turn(signal, async () => {
      if (!isDryRun) await given.mayEvict?.()
      return asked(calls, { namespace, name, uid, graceSeconds, isDryRun, signal })
    })
    if (!isDryRun) await waits.set(uid, pod, heard.kind === 'wait' ? heard.budgets : [])
    if (heard.kind === 'gone') {
      // Whatever answers in the server's place says so, too: it is gone when it is seen to be.
      if (!isDryRun) {
        blocks.set(uid, GONE_YET_SEEN)
        await gone(uid, signal)
      }
      blocks.delete(uid)
      return
    }
    if (heard.kind === 'accepted') {
      blocks.delete(uid)
      tell(isDryRun ? `would evict ${nameOf(pod)}` : `evicting ${nameOf(pod)}`)
      if (isDryRun) return
      await gone(uid, signal)
      tell(`gone: ${nameOf(pod)}`)
      return
    }
    if (blocks.get(uid) !== heard.text) tell(`${nameOf(pod)} is not evicted yet: ${heard.text}`)
    blocks.set(uid, heard.text)
    if (isDryRun) return
    await waitOr(clock, { heard, gone: () => gone(uid, signal), signal })
  }
}

type Heard =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'wait'
      readonly text: string
      readonly afterMs: number
      readonly isEnding: boolean
      readonly budgets: readonly string[]
    }

/** @throws Impossible for what no repetition changes; the signal's reason */
async function asked(calls: EvictCalls, eviction: Parameters<EvictCalls['evict']>[0]): Promise<Heard> {
  const wait = (text: string, afterMs = 0, isEnding = false): Heard & { readonly kind: 'wait' } => ({
    ...{ kind: 'wait', text, afterMs, isEnding, budgets: [] },
  })
  try {
    const answer = await calls.evict(eviction)
    switch (answer.kind) {
      case 'blocked':
        return { ...wait(answer.text, answer.retryAfterMs), budgets: answer.budgets }
      case 'busy':
        return wait(answer.text, answer.retryAfterMs)
      case 'ending':
        return wait('its namespace ends, and takes it along', 0, true)
      default:
        return answer
    }
  } catch (err) {
    eviction.signal?.throwIfAborted()
    if (!(err instanceof Error)) throw err
    if (err instanceof KubeStatusError && !mayPass(err)) throw new Impossible(err.message, { cause: err })
    return wait(err.message, err instanceof KubeStatusError ? err.refusal.retryAfterMs : 0)
  }
}

/** A server in trouble, or whatever stands before it; but not the failure without a reason of a pod under two budgets, which stays. */
function mayPass({ refusal: { status, reason } }: KubeStatusError): boolean {
  return status > 500 || (status === 500 && reason !== '') || status === 429
}

/** Until it is to be tried again; a pod whose namespace takes it along is gone some time without us. */
async function waitOr(
  clock: Clock,
  of: {
    readonly heard: Heard & { readonly kind: 'wait' }
    readonly gone: () => Promise<void>
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { heard, gone, signal } = of
  if (heard.isEnding) return gone()
  await clock.sleep(Math.min(RETRY_MAX_MS, Math.max(RETRY_MS, heard.afterMs)), signal)
}

type Turns = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/** So many at once; the others in order. */
function createTurns(atOnce: number): Turns {
  let running = 0
  const waiting: (() => void)[] = []
  return async (signal, work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    running += 1
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}
