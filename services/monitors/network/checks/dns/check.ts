/** `network-dns-check`: do the nameservers of the node and of the cluster answer, all of them, over UDP and TCP, and fast? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import { CONDITIONS, EVENTS, METRICS } from './conditions.ts'
import type { Config } from './config.ts'
import { evaluateDns } from './evaluate.ts'
import { clearDns, FIRST_DNS, factsOf, recallDns } from './memory.ts'
import { readDns } from './source.ts'

export const dns = defineNetworkCheck<Config>({
  type: 'network-dns-check',
  description: 'Whether each nameserver of the node and of the cluster answers, over UDP and TCP, and fast enough',
  leavesNode: true,
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: CONDITIONS,
  events: EVENTS,
  metrics: METRICS,
  create({ host, memory: kept, clock, stopwatch, shared }) {
    const door = doorOf(shared)
    return createLook(kept, {
      first: FIRST_DNS,
      async look({ config, signal }, memory) {
        const ask = { clock, stopwatch, timeoutMs: config.queryTimeoutMs, signal }
        return evaluateDns(await readDns(host, door, ask, config), config, memory)
      },
      clear: clearDns,
      facts: { of: factsOf, recalled: recallDns },
    })
  },
})
