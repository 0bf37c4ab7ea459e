/** drain: what `kubectl drain` does, on this node. */
import type { Act } from '#model'
import { choosePods, type DrainFlags } from '../drain/choose.ts'
import { isCordonedByOthers } from '../drain/cordon.ts'
import { drainNode } from '../drain/drain-node.ts'
import { createOutput, ended, fitOf, type Output } from './output.ts'
import { secondsOf } from './parameters.ts'
import type { ActsOptions, Attempt, RemediatorAct } from './types.ts'

/** Its parameters: `force`, `deleteEmptyDirData` ("true"), `gracePeriodMs`. */
export function flagsOf({ parameters }: Act): DrainFlags {
  return {
    isForced: parameters['force'] === 'true',
    deletesEmptyDir: parameters['deleteEmptyDirData'] === 'true',
  }
}

/** What is looked at for it. */
export interface DrainLook extends Pick<ActsOptions, 'node' | 'seen'> {
  readonly client: Pick<ActsOptions['client'], 'getNode' | 'listPodsOfNode'>
}

/** Why the node is not to be drained now, in words; "" it is. @throws as the client */
export async function drainRefusal({ client, node, seen }: DrainLook, act: Act, signal: AbortSignal): Promise<string> {
  if (isCordonedByOthers(seen?.() ?? (await client.getNode(node, { signal }))))
    return 'the node is cordoned, and not by us'
  return choosePods(await client.listPodsOfNode(node, { signal }), flagsOf(act)).refusals.join('; ')
}

/** The node stays cordoned when it has succeeded: who takes the cordon off sees first that it is well. */
export function createDrainAct({ client, node, clock, seen }: ActsOptions): RemediatorAct {
  async function drain({ attempt, act, mode, timeoutMs, signal, onStep, mayDisturb }: Attempt, output: Output) {
    const done = await drainNode(client, clock, {
      ...flagsOf(act),
      node,
      attempt,
      mode,
      seen: seen?.(),
      graceSeconds: secondsOf(act, 'gracePeriodMs'),
      deadlineMs: timeoutMs,
      signal,
      onStep,
      mayEvict: mayDisturb,
      tell: output.tell,
    })
    if (done.kind === 'drained') return output.end('succeeded', done.text)
    return output.end(done.kind === 'refused' ? 'declined' : 'failed', done.text)
  }

  return {
    strategy: 'drain',
    isDisruptive: () => true,
    canRun: (act, signal) => fitOf(drainRefusal({ client, node, seen }, act, signal)),
    run(attempt) {
      const output = createOutput()
      return ended(attempt, output, drain(attempt, output))
    },
  }
}
