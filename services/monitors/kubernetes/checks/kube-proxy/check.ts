/** `kubernetes-kube-proxy`: does kube-proxy live, and keep its rules up to date? */
import { createLook, defineCheck } from '#monitor-kit'
import { NOT_SEEN } from '../../lasting.ts'
import { createWays, type Ways } from '../../ways.ts'
import type { Config } from './config.ts'
import { evaluateKubeProxy, FIRST_KUBE_PROXY, type KubeProxyMemory, TYPE } from './evaluate.ts'
import { readKubeProxy } from './source.ts'

export const kubeProxy = defineCheck<Config, Ways | undefined>({
  type: 'kubernetes-kube-proxy',
  description: 'Whether kube-proxy lives, and keeps the rules up to date by which Services lead somewhere',
  intervalMs: 60_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: TYPE,
      description: 'kube-proxy does not run, does not answer, or has not brought its rules up to date',
      label: 'kube-proxy unhealthy',
      healthyReason: 'KubeProxyLives',
      healthyMessage: 'kube-proxy lives',
      recoveryText: '2 checks in a row hear that it lives',
      source: 'http://127.0.0.1:10256/livez; whether it has a pod here, by CRI, where nobody listens',
      warning: 'none',
      critical: 'no listener though it has a pod, no answer within 5 s (httpTimeout), or an answer other than 200',
      sustained: '2 checks in a row (failureThreshold)',
    },
  ],
  create({ memory: kept, shared }) {
    const ways = shared ?? createWays()
    return createLook<Config, KubeProxyMemory>(kept, {
      first: FIRST_KUBE_PROXY,
      async look({ host, clock, stopwatch, signal, config }, memory) {
        return evaluateKubeProxy(await readKubeProxy({ host, ways, clock, stopwatch, signal, config }), config, memory)
      },
      clear: (memory, { type }) => (type === TYPE ? { ...memory, health: NOT_SEEN } : memory),
      facts: {
        of: ({ hasAnswered }) => ({ hasAnswered }),
        recalled: (facts) => ({
          ...FIRST_KUBE_PROXY,
          hasAnswered: (facts as { readonly hasAnswered?: unknown } | null | undefined)?.hasAnswered === true,
        }),
      },
    })
  },
})
