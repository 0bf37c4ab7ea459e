/** `kubernetes-static-pods`: do the pods run that this node has from files, such as those of a control plane? */
import { createLook, defineCheck } from '#monitor-kit'
import { NOT_SEEN } from '../../lasting.ts'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { evaluateStaticPods, FIRST_STATIC_PODS, type StaticPodsMemory, TYPE } from './evaluate.ts'
import { readStaticPods } from './source.ts'

export const staticPods = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-static-pods',
  description: 'Whether the pods run that this node has from files, such as those of a control plane',
  intervalMs: 60_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: TYPE,
      description:
        'A pod that the kubelet has from a file does not run: no API server starts it anew, and none may be there without it',
      label: 'static pods down',
      healthyReason: 'StaticPodsRun',
      healthyMessage: 'the pods of all manifests run',
      recoveryText: '2 checks in a row find all of them running',
      source:
        'manifests in staticPodPath against CRI ListPodSandbox and ListContainers (kubernetes.io/config.source: file)',
      warning: 'none',
      critical: 'one of them has no pod, an ended one, or one in which nothing runs',
      sustained: '3 checks in a row (failureThreshold)',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, StaticPodsMemory>(kept, {
      first: FIRST_STATIC_PODS,
      async look({ host, clock, signal, config, nodeName }, memory) {
        const reading = await readStaticPods({ host, ways, clock, signal, config, nodeName })
        return evaluateStaticPods(reading, config, memory)
      },
      clear: (memory, { type }) => (type === TYPE ? { ...memory, health: NOT_SEEN } : memory),
    })
  },
})
