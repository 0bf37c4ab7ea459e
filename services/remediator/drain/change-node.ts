/** A node changed by a patch that is made from it as it is, and made anew where somebody else was faster. */
import { type KubeClient, type KubeNode, KubeStatusError } from '#kube'
import type { CordonPlan } from './cordon.ts'

/** What is asked of the API server for it. */
export type ChangeCalls = Pick<KubeClient, 'getNode' | 'patchNode'>

/** Whose node, and what of it. */
export interface NodeChange {
  readonly name: string
  readonly plan: (node: KubeNode) => CordonPlan
  readonly isDryRun: boolean
  readonly signal: AbortSignal
  /** The node as it was heard of, so that it need not be asked for; a patch that is made from an old one is refused. Default: it is asked for. */
  readonly seen?: KubeNode | undefined
}

/** What came of it. */
export type Changed =
  | { readonly kind: 'changed'; readonly node: KubeNode }
  | Exclude<CordonPlan, { readonly kind: 'patch' }>

/** A node has a few writers: kubelet, controllers, exporters. */
const TRIES = 8

/** @throws KubeStatusError when the server refuses it, or when others change the node each time; KubeUnreachableError, KubeAccessError */
export async function changeNode(calls: ChangeCalls, change: NodeChange): Promise<Changed> {
  const { name, plan, isDryRun, signal, seen } = change
  let heard = seen
  for (let tries = 1; ; tries++) {
    const early = heard && plan(heard)
    heard = undefined
    // That there is nothing to do, or that it must not be, is believed of the node as it is alone.
    const made = early?.kind === 'patch' ? early : plan(await calls.getNode(name, { signal }))
    if (made.kind !== 'patch') return made
    try {
      return { kind: 'changed', node: await calls.patchNode(name, made.patch, { signal, isDryRun }) }
    } catch (err) {
      if (!(err instanceof KubeStatusError) || err.refusal.status !== 409 || tries === TRIES) throw err
    }
  }
}

/** Whether nothing was to do since it was done before: by the attempt that goes on here after a kill. */
export function isDoneBefore(changed: Changed, isJoined: boolean): boolean {
  return isJoined && changed.kind === 'nothing'
}
