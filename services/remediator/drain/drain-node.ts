/**
 * A node drained as `kubectl drain` does it: cordoned, looked at, and its pods evicted, or nothing of it. What failed, or was called off,
 * leaves no cordon of its own, and one that stood for another attempt of ours as it was; no pod is deleted, and nobody's budget passed over.
 */
import type { Clock } from '#clock'
import type { KubeNode } from '#kube'
import type { AttemptMode } from '#model'
import { CalledOffError } from '../errors.ts'
import { type ChangeCalls, changeNode } from './change-node.ts'
import { choosePods, type DrainFlags } from './choose.ts'
import { planCordon, planUndo } from './cordon.ts'
import { type EvictCalls, evictPods } from './evict-pods.ts'
import { firstLook, followPresence, type PresenceCalls } from './presence.ts'

/** What is asked of the API server for it. */
export type DrainCalls = ChangeCalls & EvictCalls & PresenceCalls

/** Which node, for what, and how. */
export interface DrainOptions extends DrainFlags {
  readonly node: string
  /** The attempt whose cordon it is. */
  readonly attempt: string
  readonly mode: AttemptMode
  /** The node as it was heard of. Default: it is asked for. */
  readonly seen?: KubeNode | undefined
  /** Seconds that each pod gets. Absent: as many as it asks for itself. */
  readonly graceSeconds?: number | undefined
  /** Of the evictions. Default 10 min. */
  readonly deadlineMs?: number | undefined
  /** Ends it where it is: the cordon stays, and the same call goes on from there. With a CalledOffError it is over, and put back. */
  readonly signal: AbortSignal
  /** Told before and after each step; what it returns is waited for. */
  readonly onStep: (step: DrainStep | typeof WAITING, detail: string) => Promise<void>
  /** Asked before each eviction: what it throws ends it. */
  readonly mayEvict?: (() => Promise<void>) | undefined
  /** A line of what happens. */
  readonly tell: (line: string) => void
}

/** Steps in their order; of one that failed `uncordoned` alone comes after the last that was done. */
export const DRAIN_STEPS = ['cordoning', 'cordoned', 'evicting', 'drained', 'uncordoned'] as const
/** Told between `evicting` and `drained`, with the budgets that hold it up: nothing is done by it. */
export const WAITING = 'waiting'
/** One of {@link DRAIN_STEPS}. */
export type DrainStep = (typeof DRAIN_STEPS)[number]

/** What came of it. `refused`: no pod was evicted. */
export type Drained =
  | { readonly kind: 'drained'; readonly text: string; readonly evicted: number; readonly stayed: number }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }

/** How long evictions may take where nobody says it. */
export const DEADLINE_MS = 600_000
/** What is put back after a failure is tried for so long. */
const UNDO_MS = 30_000
const UNDO_AGAIN_MS = 2_000

/**
 * Drains it. Safe to be called again for the same attempt, wherever it was.
 * @throws the signal's reason when that aborts; KubeStatusError, KubeUnreachableError, KubeAccessError while nothing is evicted yet
 */
export async function drainNode(calls: DrainCalls, clock: Clock, options: DrainOptions): Promise<Drained> {
  const { node, attempt, mode, seen: heard, signal, onStep } = options
  const isDryRun = mode === 'dry-run'
  await onStep('cordoning', attempt)
  const cordon = (seen: KubeNode) => planCordon(seen, attempt)
  const changed = await changeNode(calls, { name: node, plan: cordon, isDryRun, signal, seen: heard })
  if (changed.kind === 'refused') return changed
  const drained = await emptied(calls, clock, options).catch(async (err: unknown) => {
    // Who ends with his process goes on from here later; whatever else it was, the node takes pods again.
    if (!signal.aborted || signal.reason instanceof CalledOffError) await uncordonOurs(calls, clock, options)
    throw err
  })
  if (drained.kind === 'drained') return drained
  const left = await uncordonOurs(calls, clock, options)
  return left === '' ? drained : { kind: drained.kind, text: `${drained.text}; ${left}` }
}

/** What comes behind the cordon, with its steps. */
async function emptied(calls: DrainCalls, clock: Clock, options: DrainOptions): Promise<Drained> {
  const { attempt, onStep } = options
  await onStep('cordoned', attempt)
  const drained = await empty(calls, clock, options)
  if (drained.kind === 'drained') await onStep('drained', drained.text)
  return drained
}

/** Takes back what our cordon did, within 30 s. @returns why it stands still; "" when it does not */
export async function uncordonOurs(
  calls: ChangeCalls,
  clock: Clock,
  { node, attempt, mode, onStep, tell }: Pick<DrainOptions, 'node' | 'attempt' | 'mode' | 'onStep' | 'tell'>,
): Promise<string> {
  if (mode === 'dry-run') return ''
  const over = new AbortController()
  const callOff = clock.after(UNDO_MS, () => over.abort(new Error(`not within ${UNDO_MS / 1000} s`)))
  const { signal } = over
  try {
    for (;;) {
      try {
        const plan = (seen: KubeNode) => planUndo(seen, attempt)
        const changed = await changeNode(calls, { name: node, plan, isDryRun: false, signal })
        if (changed.kind === 'refused') return `the cordon stays: ${changed.text}`
        // A disk that takes no record makes the node not cordoned again.
        await onStep('uncordoned', attempt).catch((err: unknown) => tell(`it is not written down: ${String(err)}`))
        return ''
      } catch (err) {
        if (signal.aborted) throw err
        tell(`the node is cordoned still: ${err instanceof Error ? err.message : String(err)}`)
        await clock.sleep(UNDO_AGAIN_MS, signal)
      }
    }
  } catch (err) {
    if (!signal.aborted) throw err
    return 'the node stays cordoned: the API server did not take the cordon off'
  } finally {
    callOff()
  }
}

/** Looks, and evicts. */
async function empty(calls: DrainCalls, clock: Clock, options: DrainOptions): Promise<Drained> {
  const { node, mode, signal, tell, onStep, mayEvict, graceSeconds, deadlineMs = DEADLINE_MS } = options
  const presence = followPresence(calls, { node, signal, tell })
  try {
    const pods = await firstLook(presence, clock)
    if (typeof pods === 'string') return { kind: 'refused', text: pods }
    const { evict, stay, refusals } = choosePods(pods, options)
    if (refusals.length > 0) return { kind: 'refused', text: refusals.join('; ') }
    await onStep('evicting', `${evict.length}`)
    const { gone } = presence
    const done = await evictPods(calls, clock, {
      ...{ pods: evict, gone, graceSeconds, deadlineMs, mode, signal, tell, mayEvict },
      onWait: (text) => onStep(WAITING, text),
    })
    if (done.kind === 'failed') return { kind: 'failed', text: done.text }
    const text = `${evict.length} pods ${mode === 'dry-run' ? 'would be' : 'were'} evicted, ${stay.length} stay`
    return { kind: 'drained', text, evicted: evict.length, stayed: stay.length }
  } finally {
    presence.close()
  }
}
