/** cordon and uncordon: no pod is scheduled on the node, and the mark on it says that this is ours. */
import type { KubeNode } from '#kube'
import { type Changed, changeNode, isDoneBefore } from '../drain/change-node.ts'
import { type CordonPlan, planCordon, planUncordon } from '../drain/cordon.ts'
import { createOutput, ended, fitOf } from './output.ts'
import type { ActsOptions, Attempt, RemediatorAct } from './types.ts'

type Plan = (node: KubeNode, attempt: string) => CordonPlan

/** Both. Others' cordons are neither taken over nor taken off. */
export function createCordonActs({ client, node: name, seen }: ActsOptions): RemediatorAct[] {
  function createAct(strategy: 'cordon' | 'uncordon', plan: Plan): RemediatorAct {
    async function change({ attempt, mode, before, signal, onStep }: Attempt) {
      const output = createOutput()
      await onStep(`${strategy}ing`, attempt)
      const isDryRun = mode === 'dry-run'
      const change = { name, plan: (node: KubeNode) => plan(node, attempt), isDryRun, signal, seen: seen?.() }
      const changed: Changed = await changeNode(client, change)
      if (changed.kind !== 'changed' && !isDoneBefore(changed, before !== undefined))
        return output.end('declined', changed.text)
      await onStep(`${strategy}ed`, attempt)
      return output.end('succeeded', `the node ${isDryRun ? 'would be' : 'is'} ${strategy}ed`)
    }
    return {
      strategy,
      isDisruptive: () => false,
      canRun: (_, signal) =>
        fitOf(
          client.getNode(name, { signal }).then((node) => {
            const made = plan(node, '')
            return made.kind === 'patch' ? '' : made.text
          }),
        ),
      run: (attempt) => ended(attempt, createOutput(), change(attempt)),
    }
  }

  return [createAct('cordon', planCordon), createAct('uncordon', (node) => planUncordon(node))]
}
