/** The cluster as the remediator has to do with it: its node, the fleet's leases, people's words, and acts through the API server. */
import { createRemediatorActs, type RemediatorAct } from '../acts/index.ts'
import { endsPods } from '../acts/taint.ts'
import { absentCarrier } from '../carry/absent.ts'
import { createApiCarrier } from '../carry/by-api.ts'
import type { Carrier } from '../carry/types.ts'
import type { DeskOptions } from '../desk/types.ts'
import type { Mute } from '../gates/types.ts'
import { approvalsOf } from '../mute/mute.ts'
import { createAnnotatedApprovals } from './approvals.ts'
import { createLeaseDesk, type LeaseDeskOptions, type LeaseKeeper } from './lease-desk.ts'
import { createOwnNode, type OwnNodeOptions } from './own-node.ts'
import { createTakeOff } from './take-off.ts'

/** What it works with. */
export interface ClusterOptions extends Omit<OwnNodeOptions, 'env'>, Pick<LeaseDeskOptions, 'lease'> {
  readonly safety: DeskOptions['safety']
  readonly known: DeskOptions['known']
  readonly ladderOf: DeskOptions['ladderOf']
}

/** What the desk asks of it. */
export interface Cluster {
  readonly lease: LeaseKeeper
  /** Who carries out what goes through the API server. */
  carrierOf(strategy: string): Carrier
  mute(): Mute
  /** At the beginning of each turn: writes down what people and the server say of the node, and takes off what is ours and proven well. */
  before(): Promise<void>
  /** Rejects with what nobody foresaw. */
  readonly ended: Promise<void>
  close(): void
}

const NO_REBOOT = 'this version does not reboot: the sequence of drain, reboot and uncordon is not built'

/** A rung as its act is: a taint that ends pods disturbs workloads, whatever else taints do. */
export function asItsAct<T extends ReturnType<DeskOptions['ladderOf']>[number]>(rung: T): T {
  return rung.strategy === 'taint' && endsPods(rung.act) ? { ...rung, isDisruptive: true } : rung
}

/** Lives until the signal aborts. */
export function createCluster(options: ClusterOptions): Cluster {
  const { nodeName, version, clock, log, safety, known, ladderOf, signal } = options
  const { env } = process
  const node = createOwnNode({ ...options, env })
  const lease = createLeaseDesk({ ...options, node, podNamespace: env['POD_NAMESPACE'], nowMs: safety.nowMs })
  const approvals = createAnnotatedApprovals()
  const takeOff = createTakeOff({ node, safety, lease, clock, log, signal })
  const uidBefore = safety.state.nodeUid
  const [namespace, name] = [env['POD_NAMESPACE'], env['POD_NAME']]
  const ownPod = namespace === undefined || name === undefined ? undefined : { namespace, name }
  let acts: readonly RemediatorAct[] | undefined

  function actsNow(): readonly RemediatorAct[] | undefined {
    const { client } = node
    if (client !== undefined) acts ??= createRemediatorActs({ client, node: nodeName, ownPod, clock })
    return acts
  }
  const byApi = createApiCarrier({ node, acts: actsNow, lease, uidBefore, clock, log })
  const noReboot = absentCarrier(NO_REBOOT)

  return {
    lease,
    carrierOf: (strategy) => (strategy === 'node-reboot' ? noReboot : byApi),
    mute: node.mute,
    async before() {
      const { node: seen } = node.word()
      if (seen === undefined) return
      const nodeUid = seen.metadata.uid ?? ''
      if (nodeUid !== '' && nodeUid !== safety.state.nodeUid) await safety.write({ kind: 'began', version, nodeUid })
      const { state } = safety
      for (const due of approvals.due({ ids: approvalsOf(seen), state, problems: known.problems(), ladderOf }))
        await safety.write(due)
      await takeOff.turn()
    },
    ended: node.ended,
    close: node.close,
  }
}
