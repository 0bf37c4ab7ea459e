/** Takes off the node what is ours when it is proven well, or was in vain, and gives the fleet's lease back when nothing is disturbed any more. */
import type { Clock } from '#clock'
import { type KubeNode, type KubeTaint, taintId } from '#kube'
import type { Limits } from '#remedies'
import type { Logger } from '#service'
import { planUntaint } from '../acts/taint.ts'
import type { DeskOptions } from '../desk/types.ts'
import { proofNow } from '../desk/witness.ts'
import { changeNode } from '../drain/change-node.ts'
import { type CordonPlan, planUncordon, planUndo } from '../drain/cordon.ts'
import { allEnabled, mute as muteGate, vouched } from '../gates/outer.ts'
import type { Mute } from '../gates/types.ts'
import type { Safety } from '../safety/safety.ts'
import type { LeaseKeeper } from './lease-desk.ts'
import {
  cordonsOf,
  isDisturbed,
  isInVain,
  isProvenWell,
  isReady,
  LEASE_BACK,
  leaseOwedBy,
  type Ours,
  oursOn,
  type ProvenBy,
  wellTaints,
} from './ours.ts'
import type { OwnNode } from './own-node.ts'

/** What it works with. */
export interface TakeOffOptions {
  readonly node: Pick<OwnNode, 'name' | 'client' | 'word' | 'whyAnother'>
  readonly safety: Pick<Safety, 'state' | 'write' | 'ring' | 'trouble' | 'nowMs'>
  readonly lease: Pick<LeaseKeeper, 'isHeld' | 'take' | 'giveBack'>
  /** Of all repairs. */
  readonly limits: Limits
  /** What node, people and hours say. */
  readonly mute: () => Mute
  readonly known: Pick<DeskOptions['known'], 'detector' | 'problem' | 'around' | 'isWatching' | 'isAbsent'>
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** What could not be done is not tried again sooner. */
const AGAIN_MS = 10_000

type Plan = (node: KubeNode) => CordonPlan

/** One that looks each time it is asked to. */
export interface TakeOff {
  /** Nothing that goes through the API server is begun meanwhile (`beside.ts`), so that no lease is given back that was just taken. Never rejects. */
  turn(): Promise<void>
}

/** A mark that a person has left behind; only as long as it is nothing but a mark. */
const planMark: Plan = (seen) =>
  oursOn(seen).isMarkLeft ? planUncordon(seen) : { kind: 'nothing', text: 'it is no mark without a cordon' }

const planTaint =
  (taint: KubeTaint): Plan =>
  (seen) =>
    planUntaint(seen, taint)

/** Why nothing is changed on the node now, by the gates that are not of one strategy; "": it may be. Dry-run, too: nothing is changed then. */
function whyNot({ safety, limits, mute, known }: TakeOffOptions): string {
  const { state, trouble: journalTrouble } = safety
  const nowMs = safety.nowMs()
  const muted = mute()
  const said = [
    allEnabled({ limits, state, journalTrouble, nowMs }),
    vouched(known.detector(), nowMs),
    // What comes off disturbs nobody.
    muteGate({ mute: muted, isDisruptive: false }),
  ].find(({ word }) => word !== 'allows')
  if (said !== undefined) return said.text
  if (limits.dryRun.isOn) return limits.dryRun.why
  return muted.annotation === 'observe' ? 'the node is annotated node-doctor.io/remediation=observe' : ''
}

/** What may come off now. */
function createJudging({ safety, lease, known }: TakeOffOptions) {
  const proofOf: ProvenBy['proofOf'] = (told, problem) => proofNow({ safety, known }, told, problem)
  const by = (): ProvenBy => ({ find: known.problem, proofOf })
  const mayUncordon = (seen: KubeNode, { cordon }: Ours): boolean => {
    if (cordon === undefined) return false
    if (isInVain(safety.ring.all(), cordon)) return true
    return isReady(seen) && isProvenWell(cordonsOf(seen, safety.state), by())
  }
  const untaintable = (seen: KubeNode): readonly KubeTaint[] =>
    isReady(seen) ? wellTaints(seen, safety.state, by()) : []
  /** It was taken by this process, or by an earlier one that did not come to give it back. */
  const owesLease = (): boolean => lease.isHeld || leaseOwedBy(safety.ring.all()) !== undefined
  return {
    mayUncordon,
    untaintable,
    owesLease,
    /** The fleet's lease is not where what stands on the node says that it should be. */
    isLeaseWrong: (seen: KubeNode): boolean => (isDisturbed(seen, safety.state) ? !lease.isHeld : owesLease()),
    isCalledFor(seen: KubeNode): boolean {
      const ours = oursOn(seen)
      return ours.isMarkLeft || mayUncordon(seen, ours) || untaintable(seen).length > 0
    },
  }
}

/** What is changed: "uncordon", and of which attempt, if that is known. */
interface Change {
  readonly what: string
  readonly attempt?: string | undefined
}

/** Takes off, and journals it before and after. */
function createChanging({ node, safety, log, signal }: TakeOffOptions) {
  /** @returns the node after it */
  return async (seen: KubeNode, plan: Plan, { what, attempt }: Change): Promise<KubeNode> => {
    const { client, name } = node
    if (client === undefined || plan(seen).kind !== 'patch') return seen
    const step = async (word: string) => {
      if (attempt !== undefined) await safety.write({ kind: 'step', attempt, step: word, detail: '' })
    }
    await step(`${what}ing`)
    const changed = await changeNode(client, { name, plan, isDryRun: false, signal, seen })
    if (changed.kind !== 'changed') return client.getNode(name, { signal })
    await step(`${what}ed`)
    log.info('what stood on the node is taken off', { what, attempt })
    return changed.node
  }
}

/**
 * Takes the fleet's lease, or gives it back, as what stands on the node says. That changes no node and disturbs nobody: no gate holds it
 * back, so that a node that stands drained is never forgotten by the fleet, and one that is well never holds it up.
 */
function createLending(options: TakeOffOptions, { owesLease }: ReturnType<typeof createJudging>) {
  const { safety, lease } = options
  return async (seen: KubeNode): Promise<void> => {
    if (isDisturbed(seen, safety.state)) {
      if (!lease.isHeld) await lease.take(oursOn(seen).cordon ?? 'taint')
      return
    }
    if (!owesLease() || !(await lease.giveBack())) return
    const attempt = leaseOwedBy(safety.ring.all())
    if (attempt !== undefined && safety.trouble === undefined)
      await safety.write({ kind: 'step', attempt, step: LEASE_BACK, detail: '' })
  }
}

/** Looks at the node, and takes off what may come off. @returns the node after it */
function createLooking(
  options: TakeOffOptions,
  { mayUncordon, untaintable }: ReturnType<typeof createJudging>,
): (seen: KubeNode) => Promise<KubeNode> {
  const { safety } = options
  const change = createChanging(options)
  return async (seen) => {
    const ours = oursOn(seen)
    const { cordon } = ours
    let now = seen
    if (ours.isMarkLeft) now = await change(now, planMark, { what: 'unmark' })
    if (cordon !== undefined && mayUncordon(seen, ours)) {
      // What was in vain leaves the cordon that stood before it.
      const plan = isInVain(safety.ring.all(), cordon) ? planUndo : planUncordon
      now = await change(now, (last) => plan(last, cordon), { what: 'uncordon', attempt: cordon })
    }
    for (const taint of untaintable(seen)) {
      const attempt = safety.state.left.findLast((one) => one.taint === taintId(taint))?.attempt
      now = await change(now, planTaint(taint), { what: 'untaint', attempt })
    }
    return now
  }
}

/** Does nothing while an act runs: that one knows what it does. */
export function createTakeOff(options: TakeOffOptions): TakeOff {
  const { node, safety, lease, clock, log, signal } = options
  const judging = createJudging(options)
  const look = createLooking(options, judging)
  const lend = createLending(options, judging)
  let notBeforeMs = 0
  let told = ''

  /** Said once each time that it becomes another. */
  function isHeldBack(): boolean {
    const why = whyNot(options)
    if (why !== '' && why !== told) log.info('what is ours on the node stays there, and is what it was', { why })
    told = why
    return why !== ''
  }

  function isIdle(): boolean {
    return safety.state.ledgers.act.open.every(({ endedAtMs }) => endedAtMs !== undefined)
  }

  return {
    async turn() {
      const { node: seen, api } = node.word()
      if (seen === undefined || api !== 'speaks' || signal.aborted) return
      // Another machine's node: nothing on it is changed, and the fleet is not held up for it.
      if (node.whyAnother(seen) !== '') return isIdle() && lease.isHeld ? void (await lease.giveBack()) : undefined
      if (!isIdle() || clock.monotonicMs() < notBeforeMs) return
      const isToLook = safety.trouble === undefined && judging.isCalledFor(seen) && !isHeldBack()
      if (!isToLook && !judging.isLeaseWrong(seen)) return
      try {
        await lend(isToLook ? await look(seen) : seen)
      } catch (err) {
        if (!signal.aborted) log.warn('what is ours on the node could not be taken off yet', { err })
      }
      // The node is heard of a moment later than it is changed.
      notBeforeMs = clock.monotonicMs() + AGAIN_MS
    },
  }
}
