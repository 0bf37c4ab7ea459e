/** `network-cni`: can new pods get a network? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import { CONDITIONS } from './conditions.ts'
import type { Config } from './config.ts'
import { evaluateCni } from './evaluate.ts'
import { clearCni, FIRST_CNI, factsOf, recallCni } from './memory.ts'
import { readCni } from './source.ts'

export const cni = defineNetworkCheck<Config>({
  type: 'network-cni',
  description: 'Configuration, binaries and interfaces of CNI, and the addresses that are left for pods',
  intervalMs: 60_000,
  timeoutMs: 20_000,
  conditions: CONDITIONS,
  metrics: [
    {
      name: 'network_pod_addresses_taken',
      help: 'Addresses of a range of host-local that are taken by pods',
      kind: 'gauge',
      unit: '',
    },
    {
      name: 'network_pod_addresses_used_ratio',
      help: 'Share of the addresses of a range of host-local that are taken',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Addresses for pods taken',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_CNI,
      look: async ({ host, config }, memory) => evaluateCni(await readCni(host, config), config, memory),
      clear: clearCni,
      facts: { of: factsOf, recalled: recallCni },
    }),
})
