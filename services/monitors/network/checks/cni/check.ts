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
  create({ memory: kept }) {
    const known = new Set<string>()
    return createLook(kept, {
      first: FIRST_CNI,
      async look({ host, config }, memory) {
        const verdict = evaluateCni(await readCni(host, config), config, memory)
        for (const { type, health } of verdict.findings) if (health !== 'unknown') known.add(type)
        if (!config.whereReadable) return verdict
        // Many a CNI writes its configuration for root alone: of what was seen once it is told that it is not any more.
        const findings = verdict.findings.filter(({ type, health }) => health !== 'unknown' || known.has(type))
        return { ...verdict, findings }
      },
      clear: clearCni,
      facts: { of: factsOf, recalled: recallCni },
    })
  },
})
