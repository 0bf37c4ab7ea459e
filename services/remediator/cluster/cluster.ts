/** The cluster as the remediator has to do with it: its node, the fleet's leases, people's words, and acts through the API server. */
import { type ActsOptions, createRemediatorActs, type RemediatorAct } from '../acts/index.ts'
import { endsPods } from '../acts/taint.ts'
import { createApiCarrier } from '../carry/by-api.ts'
import type { Carrier } from '../carry/types.ts'
import { whileUp } from '../carry/while-up.ts'
import type { DeskOptions } from '../desk/types.ts'
import type { Mute } from '../gates/types.ts'
import { createLookAgain, type LookAgain } from '../know/look-again.ts'
import { createSuspended } from '../lease/suspended.ts'
import { approvalsOf, type LastWord } from '../mute/mute.ts'
import { createRebootCarrier } from '../reboot/proof.ts'
import { createRebootAct } from '../reboot/reboot.ts'
import { createAnnotatedApprovals } from './approvals.ts'
import { createBeside } from './beside.ts'
import { createLeaseDesk, type LeaseDeskOptions, type LeaseKeeper } from './lease-desk.ts'
import { leftWords, strangeMark } from './ours.ts'
import { createOwnNode, type OwnNode, type OwnNodeOptions } from './own-node.ts'
import { createTakeOff } from './take-off.ts'

/** What it works with. */
export interface ClusterOptions extends Omit<OwnNodeOptions, 'env' | 'before'>, Pick<LeaseDeskOptions, 'lease'> {
  readonly safety: DeskOptions['safety']
  readonly known: DeskOptions['known']
  readonly ladderOf: DeskOptions['ladderOf']
  readonly look: DeskOptions['look']
  readonly limits: DeskOptions['limits']
  /** What the configuration's hours say, beside the node. */
  readonly withHours: (mute: Mute) => Mute
  /** Who acts on the machine: host-actions. */
  readonly host: Carrier
}

/** What the desk asks of it. */
export interface Cluster {
  readonly lease: LeaseKeeper
  /** Who carries out what goes through the API server. */
  carrierOf(strategy: string): Carrier
  mute(): Mute
  /** What of ours stands on the node, and how a person takes it off; "": nothing does, as far as is known. */
  left(): string
  /** At the beginning of each turn: writes down what people and the server say of the node, and takes off what is ours and proven well; that goes on beside the turn where the server is slow. */
  before(): Promise<void>
  /** The same where nothing may be judged, as without a bus: the fleet's lease alone is taken or given back, as what stands on the node says. */
  standing(): Promise<void>
  /** Rejects with what nobody foresaw. */
  readonly ended: Promise<void>
  close(): void
}

/** A rung as its act is: a taint that ends pods disturbs workloads, whatever else taints do. */
export function asItsAct<T extends ReturnType<DeskOptions['ladderOf']>[number]>(rung: T): T {
  return rung.strategy === 'taint' && endsPods(rung.act) ? { ...rung, isDisruptive: true } : rung
}

/** The pod of this process, as its manifest tells it. */
function ownPodOf(env: Readonly<Record<string, string | undefined>>): ActsOptions['ownPod'] {
  const [namespace, name] = [env['POD_NAMESPACE'], env['POD_NAME']]
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

interface ActsParts extends Pick<ClusterOptions, 'clock' | 'host' | 'safety'>, Pick<ActsOptions, 'ownPod'> {
  /** Of this boot. */
  readonly bootId: string
  readonly node: OwnNode
  readonly lookAgain: LookAgain
}

/** What goes through the API server, once there is a way to it. */
function createActs({ node, clock, ownPod, ...parts }: ActsParts): () => readonly RemediatorAct[] | undefined {
  const { nowMs } = parts.safety
  let acts: readonly RemediatorAct[] | undefined
  // While the API server is silent what was heard last may be old.
  const seen = () => (node.word().api === 'speaks' ? node.word().node : undefined)
  return () => {
    const { client, name } = node
    if (client !== undefined)
      acts ??= [
        ...createRemediatorActs({ client, node: name, ownPod, clock, seen }),
        createRebootAct({ ...parts, client, node: name, clock, nowMs, seen }),
      ]
    return acts
  }
}

/** Writes down what is known of the node and has to be known without an API server, where it is other than before. */
async function meet({ safety, version }: Pick<ClusterOptions, 'safety' | 'version'>, word: LastWord): Promise<void> {
  const { nodeUid, remediation, holds } = word
  const { state } = safety
  const isKnown = nodeUid === state.nodeUid && remediation === state.remediation
  if (nodeUid === '' || (isKnown && holds.join('\n') === state.holds.join('\n'))) return
  await safety.write({
    ...{ kind: 'began', version, nodeUid },
    ...(remediation !== '' && { remediation }),
    ...(holds.length > 0 && { holds }),
  })
}

/** Lives until the signal aborts. */
export function createCluster(options: ClusterOptions): Cluster {
  const { clock, log, safety, known, ladderOf, machine } = options
  const { bootId } = machine
  const { env } = process
  const node = createOwnNode({ ...options, env, before: safety.state })
  const suspendedMs = createSuspended(clock)
  const lease = createLeaseDesk({
    ...options,
    node,
    suspendedMs,
    podNamespace: env['POD_NAMESPACE'],
    nowMs: safety.nowMs,
  })
  const approvals = createAnnotatedApprovals(safety.state.nodeUid === '' ? '' : safety.ring.journal)
  const mute = () => options.withHours(node.mute())
  const takeOff = createTakeOff({ ...options, node, lease, mute })
  const uidBefore = safety.state.nodeUid
  const lookAgain = createLookAgain(options)
  const acts = createActs({ ...options, bootId, node, lookAgain, ownPod: ownPodOf(env) })
  const byApi = createApiCarrier({ node, acts, lease, lookAgain, uidBefore, clock, log })
  const takingOff = createBeside(clock, takeOff.turn)
  const acting = whileUp(takingOff.after(byApi), options.host)
  const rebooting = takingOff.after(createRebootCarrier({ byApi, bootId, clock, nowMs: safety.nowMs }))

  return {
    lease,
    carrierOf: (strategy) => (strategy === 'node-reboot' ? rebooting : acting),
    mute,
    left() {
      const { node: seen } = node.word()
      return seen === undefined || node.whyAnother(seen) !== '' ? '' : leftWords(seen)
    },
    async before() {
      const { node: seen } = node.word()
      const word = node.lastWord()
      if (seen === undefined) {
        if (word !== undefined && safety.trouble === undefined) await meet(options, word)
        return
      }
      // What stands on another machine's node is nothing to this one.
      if (node.whyAnother(seen) !== '') return takingOff.turn()
      const strange = strangeMark(seen, safety.state)
      if (strange !== '') return safety.distrust(strange)
      if (safety.trouble !== undefined) return takingOff.turn()
      if (word !== undefined) await meet(options, word)
      const { state } = safety
      const around = {
        ids: approvalsOf(seen),
        journal: safety.ring.journal,
        state,
        problems: known.problems(),
        ladderOf,
      }
      for (const due of approvals.due(around)) await safety.write(due)
      await takingOff.turn()
    },
    standing: takingOff.turn,
    ended: node.ended,
    close: node.close,
  }
}
