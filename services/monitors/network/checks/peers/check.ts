/** `network-peers`: do other nodes and pods answer, also with what does not fit into one packet, and how fast? */
import { type CheckDefinition, createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import { PEERS_CONDITIONS, PEERS_METRICS } from './conditions.ts'
import type { Config } from './config.ts'
import { evaluatePeers } from './evaluate.ts'
import { clearPeers, FIRST_PEERS, factsOf, recallPeers } from './memory.ts'
import { openSlicesOf } from './slices-api.ts'
import { createRounds } from './source.ts'

const NOBODY =
  'names no peers, so nobody is asked; write peers (addresses) or slices (namespace/name of a Service), echoPeers or echoSlices'

/** @param random from 0 up to 1: by it peers are drawn */
export function definePeers(random: () => number): CheckDefinition<Config> {
  return defineNetworkCheck<Config>({
    type: 'network-peers',
    description: 'Whether some of the other nodes and pods answer, drawn by lot, small and large, and how fast',
    intervalMs: 30_000,
    timeoutMs: 25_000,
    leavesNode: true,
    conditions: PEERS_CONDITIONS,
    metrics: PEERS_METRICS,
    create({ host, memory: kept, clock, stopwatch, shared, nodeName, config }) {
      const ask = { clock, stopwatch, timeoutMs: config.requestTimeoutMs }
      const open = openSlicesOf(shared)
      const rounds = createRounds({ host, door: doorOf(shared), ask, clock, nodeName, open, config, random })
      return createLook(kept, {
        first: FIRST_PEERS,
        async look({ signal }, memory) {
          const reading = await rounds.next(signal)
          const verdict = evaluatePeers(reading, config, memory)
          const missing = reading.flatMap(({ round }) => (round.ok ? (round.value.missing?.message ?? []) : []))
          const incomplete = reading.length === 0 ? NOBODY : missing.join('; ')
          return incomplete === '' ? verdict : { ...verdict, incomplete }
        },
        clear: clearPeers,
        facts: { of: factsOf, recalled: recallPeers },
      })
    },
  })
}

export const peers = definePeers(Math.random)
