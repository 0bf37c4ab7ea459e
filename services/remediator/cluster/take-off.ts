/** Takes off the node what is ours when it is proven well, and gives the fleet's lease back when nothing is disturbed any more. */
import type { Clock } from '#clock'
import type { KubeNode } from '#kube'
import { isRemedy, REMEDIES } from '#remedies'
import type { Logger } from '#service'
import { planUntaint, taintsOfOurs } from '../acts/taint.ts'
import { changeNode } from '../drain/change-node.ts'
import { type CordonPlan, planUncordon } from '../drain/cordon.ts'
import type { Safety } from '../safety/safety.ts'
import type { LeaseKeeper } from './lease-desk.ts'
import { isProvenWell, type Ours, oursOn } from './ours.ts'
import type { OwnNode } from './own-node.ts'

/** What it works with. */
export interface TakeOffOptions {
  readonly node: Pick<OwnNode, 'name' | 'client' | 'word'>
  readonly safety: Pick<Safety, 'state' | 'write' | 'ring' | 'trouble'>
  readonly lease: Pick<LeaseKeeper, 'isHeld' | 'take' | 'giveBack'>
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

/** What could not be done is not tried again sooner. */
const AGAIN_MS = 10_000

type Plan = (node: KubeNode) => CordonPlan

/** One that looks each time it is asked to. */
export interface TakeOff {
  /** Waited for: nothing is begun meanwhile, so that no lease is given back that was just taken. Never rejects. */
  turn(): Promise<void>
}

/** Does nothing while an act runs: that one knows what it does. */
export function createTakeOff({ node, safety, lease, clock, log, signal }: TakeOffOptions): TakeOff {
  let notBeforeMs = 0

  async function change(plan: Plan, what: string, attempt: string | undefined): Promise<void> {
    const { client, name } = node
    if (client === undefined || plan(await client.getNode(name, { signal })).kind !== 'patch') return
    const step = async (word: string) => {
      if (attempt !== undefined) await safety.write({ kind: 'step', attempt, step: word, detail: 'proven healthy' })
    }
    await step(`${what}ing`)
    const changed = await changeNode(client, { name, plan, isDryRun: false, signal })
    if (changed.kind !== 'changed') return
    await step(`${what}ed`)
    log.info('what stood on the node is taken off', { what, attempt })
  }

  /** A mark that a person has left behind; only as long as it is nothing but a mark. */
  const planMark: Plan = (seen) =>
    oursOn(seen).isMarkLeft ? planUncordon(seen) : { kind: 'nothing', text: 'it is no mark without a cordon' }

  const planTaints = (seen: KubeNode): CordonPlan => {
    const [taint] = taintsOfOurs(seen)
    return taint === undefined ? { kind: 'nothing', text: 'there is no taint of ours' } : planUntaint(seen, taint)
  }

  function lastTaint(): string | undefined {
    const found = safety.ring.all().findLast(({ what }) => what.kind === 'started' && what.act.strategy === 'taint')
    return found?.what.kind === 'started' ? found.what.attempt : undefined
  }

  /** Whether an act that needs the lease has left something. */
  function isDisturbed({ cordon, endsPods }: Ours): boolean {
    const strategy = cordon === undefined ? '' : (safety.ring.startOf(cordon)?.act.strategy ?? '')
    return endsPods || (isRemedy(strategy) && REMEDIES[strategy].isDisruptive)
  }

  async function look(seen: KubeNode): Promise<void> {
    const ours = oursOn(seen)
    if (ours.isMarkLeft) await change(planMark, 'unmark', undefined)
    else if (isProvenWell(safety.state)) {
      if (ours.cordon !== undefined) await change((now) => planUncordon(now, ours.cordon), 'uncordon', ours.cordon)
      if (ours.hasTaints) await change(planTaints, 'untaint', lastTaint())
    }
    const { client, name } = node
    if (client === undefined) return
    if (lease.isHeld) {
      if (!isDisturbed(oursOn(await client.getNode(name, { signal })))) await lease.giveBack()
    } else if (isDisturbed(ours)) await lease.take(ours.cordon ?? 'taint')
  }

  function isIdle(): boolean {
    return safety.state.ledgers.act.open.every(({ endedAtMs }) => endedAtMs !== undefined)
  }

  function isCalledFor(ours: Ours): boolean {
    const isDisturbing = isDisturbed(ours)
    if (ours.isMarkLeft || lease.isHeld !== isDisturbing) return true
    return (ours.cordon !== undefined || ours.hasTaints) && isProvenWell(safety.state)
  }

  return {
    async turn() {
      const { node: seen, api } = node.word()
      if (seen === undefined || api !== 'speaks' || signal.aborted) return
      if (safety.trouble !== undefined || !isIdle() || clock.monotonicMs() < notBeforeMs) return
      if (!isCalledFor(oursOn(seen))) return
      try {
        await look(seen)
      } catch (err) {
        if (!signal.aborted) log.warn('what is ours on the node could not be taken off yet', { err })
      }
      // The node is heard of a moment later than it is changed.
      notBeforeMs = clock.monotonicMs() + AGAIN_MS
    },
  }
}
