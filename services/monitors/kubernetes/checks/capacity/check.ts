/** `kubernetes-capacity-check`: how many pods does the node still take, and how near is it to evicting some? */
import type { ConditionKey } from '#model'
import { createLook, defineCheck } from '#monitor-kit'
import { NO_STREAK } from '#monitor-kit/evaluate'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { type CapacityMemory, EVICTION_LEFT, evaluateCapacity, FIRST_CAPACITY, PODS_USED } from './evaluate.ts'
import { readCapacity } from './source.ts'

/** What an earlier process of this boot knew, which nobody tells while the container runtime does not answer. */
function recalled(facts: unknown): CapacityMemory {
  const { imageFolder } = (facts ?? {}) as { readonly imageFolder?: unknown }
  const isFolder = typeof imageFolder === 'string' && imageFolder.startsWith('/')
  return isFolder ? { ...FIRST_CAPACITY, imageFolder } : FIRST_CAPACITY
}

/** A person's word: what has to last is counted anew. */
function clear(memory: CapacityMemory, { type, entity }: ConditionKey): CapacityMemory {
  if (type === 'PodCapacityLow') return { ...memory, pods: NO_STREAK, counted: undefined }
  return { ...memory, signals: new Map([...memory.signals].filter(([signal]) => `signal:${signal}` !== entity)) }
}

export const capacity = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-capacity-check',
  description:
    'How many of the pods that the kubelet takes run, and how near it is to evicting some for want of memory, space or inodes',
  // By the kubelet, which asks the API server who we are before it answers.
  leavesNode: true,
  intervalMs: 60_000,
  timeoutMs: 30_000,
  conditions: [
    {
      type: 'PodCapacityLow',
      description: 'The node takes hardly any further pod',
      label: 'few pods left to take',
      healthyReason: 'RoomForPods',
      healthyMessage: 'the node takes more pods',
      recoveryText: '2 checks in a row find fewer than the warning limit',
      source: 'CRI ListPodSandbox (pods of the kubelet that run) of maxPods: /configz, else its file',
      warning: '90 % of maxPods (warningThreshold)',
      critical: '95 % of maxPods (criticalThreshold)',
      sustained: '2 checks in a row (failureThreshold)',
    },
    {
      type: 'EvictionNear',
      description: 'A little less of it, and the kubelet ends pods of this node (evictionHard)',
      label: 'eviction near: {entity}',
      healthyReason: 'EvictionFar',
      healthyMessage: 'the kubelet is far from evicting pods',
      recoveryText: '2 checks in a row find more left than the warning limit',
      source:
        '/proc/meminfo (MemFree and Inactive(file)), statfs(2) of /var/lib/kubelet and of where images are, against evictionHard',
      warning: '3 % of the whole above the threshold (nearPercent)',
      critical: '1 % of the whole above the threshold (imminentPercent), or below it',
      sustained: '2 checks in a row (failureThreshold)',
    },
  ],
  metrics: [
    {
      name: PODS_USED,
      help: 'Share of the pods that the kubelet takes that run',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Pods of maxPods',
    },
    {
      name: EVICTION_LEFT,
      help: 'What is left above a threshold of eviction, as a share of the whole',
      kind: 'gauge',
      unit: 'ratio',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, CapacityMemory>(kept, {
      first: FIRST_CAPACITY,
      async look({ host, clock, stopwatch, signal, config, nodeName }, memory) {
        const now = clock.now()
        const { imageFolder } = memory
        const reading = await readCapacity({ host, ways, clock, stopwatch, signal, config, nodeName, imageFolder })
        return evaluateCapacity(reading, config, memory, now)
      },
      clear,
      facts: { of: ({ imageFolder }) => ({ imageFolder }), recalled },
    })
  },
})
