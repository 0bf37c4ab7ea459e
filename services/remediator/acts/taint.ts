/** taint: one taint on this node, and the mark that it is ours in the same patch. */
import { isReservedTaint, type KubeNode, type KubeTaint, TAINTED, taintId, taintMarks } from '#kube'
import type { Act } from '#model'
import { changeNode, isDoneBefore } from '../drain/change-node.ts'
import type { CordonPlan } from '../drain/cordon.ts'
import { createOutput, ended, fitOf, type Output } from './output.ts'
import type { ActsOptions, Attempt, RemediatorAct } from './types.ts'

/** The effect that ends pods that are there. */
export const NO_EXECUTE = 'NoExecute'
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', NO_EXECUTE]

/** Its parameter: `taint`, "key=value:Effect" or "key:Effect" as kubectl has it. @returns why it is none, in words */
export function taintOf({ parameters: { taint = '' } }: Pick<Act, 'parameters'>): KubeTaint | string {
  const [, key = '', value = '', effect = ''] = /^([^=:]+)(?:=([^:]*))?:([A-Za-z]+)$/.exec(taint) ?? []
  if (key === '') return `${JSON.stringify(taint)} is no taint; it is key=value:Effect`
  if (isReservedTaint(key)) return `${key} is a taint of Kubernetes itself`
  if (!EFFECTS.includes(effect)) return `${effect} is none of ${EFFECTS.join(', ')}`
  return { key, effect, ...(value === '' ? {} : { value }) }
}

/** Whether it ends pods that are there. */
export function endsPods(act: Pick<Act, 'parameters'>): boolean {
  const taint = taintOf(act)
  return typeof taint !== 'string' && taint.effect === NO_EXECUTE
}

/** Adds it; the taints of others stay as they are. Pure. */
export function planTaint(node: KubeNode, taint: KubeTaint): CordonPlan {
  const { taints = [] } = node.spec ?? {}
  const same = taints.find(({ key, effect }) => key === taint.key && effect === taint.effect)
  if (same !== undefined && (same.value ?? '') === (taint.value ?? ''))
    return { kind: 'nothing', text: `the node has the taint ${taintId(taint)} already` }
  const ours = taintMarks(node)
  if (same !== undefined && !ours.includes(taintId(taint)))
    return { kind: 'refused', text: `the node has the taint ${taintId(taint)} with another value, and it is not ours` }
  const others = taints.filter((one) => one !== same)
  return patchOf(node, [...others, taint], [...new Set([...ours, taintId(taint)])])
}

/** Takes it off again where it is ours. Pure. */
export function planUntaint(node: KubeNode, taint: KubeTaint): CordonPlan {
  const ours = taintMarks(node)
  if (!ours.includes(taintId(taint))) return { kind: 'refused', text: `the taint ${taintId(taint)} is not ours` }
  const others = (node.spec?.taints ?? []).filter(({ key, effect }) => key !== taint.key || effect !== taint.effect)
  return patchOf(
    node,
    others,
    ours.filter((one) => one !== taintId(taint)),
  )
}

/** Our taints of a node, as the mark has them; those that end pods by their effect. */
export function taintsOfOurs(node: KubeNode): readonly KubeTaint[] {
  return taintMarks(node).map((id) => {
    const at = id.lastIndexOf(':')
    return { key: id.slice(0, at), effect: id.slice(at + 1) }
  })
}

function patchOf({ metadata }: KubeNode, taints: readonly KubeTaint[], ours: readonly string[]): CordonPlan {
  const { uid, resourceVersion = '' } = metadata
  const annotations = { [TAINTED]: ours.length === 0 ? null : ours.join(',') }
  return {
    kind: 'patch',
    patch: {
      metadata: { ...(uid === undefined ? {} : { uid }), resourceVersion, annotations },
      spec: { taints: taints.length === 0 ? null : taints },
    },
  }
}

/** A taint with NoExecute ends pods, and no budget is asked: it disturbs. */
export function createTaintAct({ client, node: name, seen }: ActsOptions): RemediatorAct {
  async function change({ act, attempt, mode, before, signal, onStep }: Attempt, output: Output) {
    const taint = taintOf(act)
    if (typeof taint === 'string') return output.end('declined', taint)
    await onStep('tainting', attempt)
    const isDryRun = mode === 'dry-run'
    const plan = (node: KubeNode) => planTaint(node, taint)
    const changed = await changeNode(client, { name, plan, isDryRun, signal, seen: seen?.() })
    if (changed.kind !== 'changed' && !isDoneBefore(changed, before !== undefined))
      return output.end('declined', changed.text)
    await onStep('tainted', attempt)
    return output.end('succeeded', `the node ${isDryRun ? 'would have' : 'has'} the taint ${taintId(taint)}`)
  }

  async function look(act: Act, signal: AbortSignal): Promise<string> {
    const taint = taintOf(act)
    if (typeof taint === 'string') return taint
    const made = planTaint(await client.getNode(name, { signal }), taint)
    return made.kind === 'patch' ? '' : made.text
  }

  return {
    strategy: 'taint',
    isDisruptive: endsPods,
    canRun: (act, signal) => fitOf(look(act, signal)),
    run(attempt) {
      const output = createOutput()
      return ended(attempt, output, change(attempt, output))
    },
  }
}
