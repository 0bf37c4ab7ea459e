/** pod-delete: one pod of this node asked to go, so that whoever made it makes it anew. By eviction: no budget is passed over. */
import type { NodePod } from '#kube'
import type { Act } from '#model'
import { nameOf } from '../drain/choose.ts'
import { evictPods } from '../drain/evict-pods.ts'
import { firstLook, followPresence } from '../drain/presence.ts'
import { createOutput, ended, fitOf, type Output } from './output.ts'
import { podOf } from './parameters.ts'
import type { ActsOptions, Attempt, RemediatorAct } from './types.ts'

/** What all pods of ours are labelled to be a part of. */
const OURS = 'node-doctor'

/** It has no parameters: the pod gets the time that it asks for itself, and has to be gone within that of the attempt. */
export function createPodDeleteAct({ client, node, ownPod, clock }: ActsOptions): RemediatorAct {
  /** Whoever sees, tells or repairs: without it nothing of that would be done. Others' namespaces may call their pods what they like. */
  function isOfOurs({ namespace, partOf }: NodePod): boolean {
    return ownPod !== undefined && namespace === ownPod.namespace && partOf === OURS
  }

  /** The pod that is meant, or why it is left alone. */
  async function find(act: Act, signal: AbortSignal): Promise<NodePod | string> {
    const wanted = podOf(act)
    if (wanted === undefined) return `${act.target} names no pod; it is pod:<namespace>/<name>`
    if (ownPod !== undefined && nameOf(ownPod) === nameOf(wanted)) return `${nameOf(wanted)} is this very pod`
    const pod = await client.getPod(wanted.namespace, wanted.name, { signal })
    if (pod === undefined) return `there is no pod ${nameOf(wanted)}`
    if (pod.nodeName !== node) return `${nameOf(pod)} is on ${pod.nodeName === '' ? 'no node' : pod.nodeName}`
    if (pod.isMirror) return `${nameOf(pod)} is of the kubelet's own file: to delete it ends nothing`
    if (isOfOurs(pod)) return `${nameOf(pod)} is of Node Doctor itself`
    if (pod.controller === undefined) return `nobody would make ${nameOf(pod)} anew`
    return pod
  }

  async function evict({ act, mode, timeoutMs, before, signal, onStep }: Attempt, output: Output) {
    const pod = await find(act, signal)
    const uid = before?.find(({ step }) => step === 'evicting')?.detail
    const isGone = uid !== undefined && (typeof pod === 'string' || pod.uid !== uid)
    if (isGone) return output.end('succeeded', `${act.target.replace('pod:', '')} was evicted`)
    if (typeof pod === 'string') return output.end('declined', pod)
    const { tell } = output
    const presence = followPresence(client, { node, signal, tell })
    try {
      const pods = await firstLook(presence, clock)
      if (typeof pods === 'string') return output.end('declined', pods)
      await onStep('evicting', pod.uid)
      const done = await evictPods(client, clock, {
        pods: [pod],
        gone: presence.gone,
        deadlineMs: timeoutMs,
        mode,
        signal,
        tell,
      })
      if (done.kind === 'failed') return output.end('failed', done.text)
      await onStep('gone', pod.uid)
      return output.end('succeeded', `${nameOf(pod)} ${mode === 'dry-run' ? 'would be evicted' : 'was evicted'}`)
    } finally {
      presence.close()
    }
  }

  return {
    strategy: 'pod-delete',
    isDisruptive: () => false,
    canRun: (act, signal) => fitOf(find(act, signal).then((found) => (typeof found === 'string' ? found : ''))),
    run(attempt) {
      const output = createOutput()
      return ended(attempt, output, evict(attempt, output))
    },
  }
}
