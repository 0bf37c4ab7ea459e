/** Acts that go through the API. A new one is a file and a line here. */
import type { Clock } from '#clock'
import type { KubeClient, KubeNode } from '#kube'
import { createCordonActs } from './cordon.ts'
import { createDrainAct } from './drain.ts'
import { createPodDeleteAct } from './pod-delete.ts'
import { createTaintAct } from './taint.ts'
import type { RemediatorAct } from './types.ts'

export type { ActEnd, Attempt, RemediatorAct } from './types.ts'

/** What they act with. */
export interface ActsOptions {
  readonly client: Pick<
    KubeClient,
    'getNode' | 'patchNode' | 'getPod' | 'listPodsOfNode' | 'followPodsOfNode' | 'evict'
  >
  /** This node's name: there is no act on another one. */
  readonly node: string
  /** The remediator's own pod, which it does not end. undefined: it is none. */
  readonly ownPod: { readonly namespace: string; readonly name: string } | undefined
  readonly clock: Clock
  /** The node as it was heard of, so that it need not be asked for; undefined: it was not. Default: it is asked for. */
  readonly seen?: (() => KubeNode | undefined) | undefined
}

/** All of them. */
export function createRemediatorActs(options: ActsOptions): readonly RemediatorAct[] {
  return [...createCordonActs(options), createDrainAct(options), createPodDeleteAct(options), createTaintAct(options)]
}
