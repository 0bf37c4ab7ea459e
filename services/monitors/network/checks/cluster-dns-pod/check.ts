/** `network-cluster-dns-pod`: does a pod of this node resolve names of the cluster? */
import { type CheckDefinition, createLook } from '#monitor-kit'
import { unknownFinding, unobserved } from '#monitor-kit/evaluate'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import { createBudget } from '../peers/budget.ts'
import { openSlicesOf } from '../peers/slices-api.ts'
import { CLUSTER_DNS_POD_CONDITIONS, CLUSTER_DNS_POD_METRICS, TYPE } from './conditions.ts'
import type { Config } from './config.ts'
import { createEchoPods, type EchoPods, MEANS } from './echo-pods.ts'
import { evaluateClusterDnsPod, FIRST_STANDING } from './evaluate.ts'
import { deployedService, ECHO_FOLDER, readRound } from './source.ts'

const REQUESTS_PER_HOUR = 6
const NOT_DEPLOYED = [
  unknownFinding(TYPE, unobserved('NotDeployed', `nobody in the network of pods can be asked; ${MEANS}`)),
]

/** @param random from 0 up to 1: by it slices are read in an order of their own, and others are drawn */
export function defineClusterDnsPod(random: () => number): CheckDefinition<Config> {
  return defineNetworkCheck<Config>({
    type: 'network-cluster-dns-pod',
    description: 'Whether a pod of this node resolves names of the cluster, as the echo component there says',
    intervalMs: 30_000,
    timeoutMs: 25_000,
    leavesNode: true,
    conditions: CLUSTER_DNS_POD_CONDITIONS,
    metrics: CLUSTER_DNS_POD_METRICS,
    create({ memory: kept, clock, stopwatch, shared, nodeName, config }) {
      const door = doorOf(shared)
      const budget = createBudget(clock, REQUESTS_PER_HOUR)
      const { namespace, echoPort } = config
      const port = echoPort === 0 ? undefined : echoPort
      let pods: EchoPods | undefined
      async function known(): Promise<EchoPods | undefined> {
        if (pods !== undefined) return pods
        const deployed = await deployedService(door)
        const service = config.service === '' ? deployed : config.service
        if (service === undefined) return undefined
        const open = openSlicesOf(shared, deployed === undefined ? undefined : ECHO_FOLDER)
        pods = createEchoPods({ service, namespace, port, nodeName, open, budget, clock, random })
        return pods
      }
      return createLook(kept, {
        first: FIRST_STANDING,
        async look({ signal }, memory) {
          const named = await known()
          if (named === undefined) return { memory, findings: config.whereDeployed ? [] : NOT_DEPLOYED }
          const ask = { clock, stopwatch, timeoutMs: config.requestTimeoutMs, signal }
          return evaluateClusterDnsPod(await readRound(door, ask, named), config, memory)
        },
        clear: () => FIRST_STANDING,
      })
    },
  })
}

export const clusterDnsPod = defineClusterDnsPod(Math.random)
