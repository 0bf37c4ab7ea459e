/** `network-gateway-check`: is there a default route, does somebody live where it leads, and how far away? */
import { createLook } from '#monitor-kit'
import { routeTellersOf } from '../../default-routes.ts'
import { defineNetworkCheck } from '../../network-check.ts'
import { doorOf } from '../../probing/door.ts'
import type { Config } from './config.ts'
import { evaluateGateways } from './evaluate.ts'
import { clearGateway, FIRST_GATEWAY, factsOf, recallGateway } from './memory.ts'
import { readGateways } from './source.ts'

/** So soon it is looked again at one that the kernel has to find out about, at most; sooner where it is looked often anyway. */
const AGAIN_MS = 10_000
const LASTS = '2 checks in a row (sustainedChecks)'

export const gateway = defineNetworkCheck<Config>({
  type: 'network-gateway-check',
  description: 'Default routes of IPv4 and IPv6, and whether the gateways answer that they lead to',
  intervalMs: 30_000,
  timeoutMs: 25_000,
  conditions: [
    {
      type: 'DefaultRouteMissing',
      description: 'There is no default route any more. Not told of a family that had none in this boot',
      label: '{entity} missing',
      healthyReason: 'RoutePresent',
      healthyMessage: 'there is a default route',
      recoveryText: '2 checks in a row find a default route',
      source: 'ip route show default; without ip /proc/net/route and /proc/net/ipv6_route',
      warning: 'none',
      critical: 'no default route, and there was one in this boot',
      sustained: LASTS,
    },
    {
      type: 'GatewayUnreachable',
      description:
        'A gateway answers neither echo requests nor the kernel. One that never answered echo requests is judged by the table of neighbours alone',
      label: '{entity} unreachable',
      healthyReason: 'GatewayLives',
      healthyMessage: 'the gateway lives',
      recoveryText: '2 checks in a row find an answer, or a confirmed neighbour',
      source: 'ping; else a datagram to a closed port, and what the table of neighbours says after it',
      warning:
        'nobody on the link answers for its address, or nothing answers that did before, and another gateway answers (for one of IPv4 another of IPv4)',
      critical: 'the same, and no other answers',
      sustained: LASTS,
    },
    {
      type: 'GatewaySlow',
      description: 'The way to a gateway and back takes long. Not told of one that never answered echo requests',
      label: '{entity} slow',
      healthyReason: 'GatewayNear',
      healthyMessage: 'the gateway is near',
      recoveryText: '2 checks in a row find it under the limit',
      source: 'ping, the average of 3 echo requests (pingCount)',
      warning: '100 ms (latencyWarningMs)',
      critical: 'none',
      sustained: LASTS,
    },
  ],
  metrics: [
    {
      name: 'network_gateway_round_trip_seconds',
      help: 'There and back to the gateway, the average of the last echo requests',
      kind: 'gauge',
      unit: 'seconds',
    },
    {
      name: 'network_gateway_lost_ratio',
      help: 'The part of the last echo requests to the gateway that was not answered',
      kind: 'gauge',
      unit: '',
    },
  ],
  create({ host, memory: kept, clock, stopwatch, shared }) {
    const door = doorOf(shared)
    const tellers = routeTellersOf(shared)
    tellers.expectGateways()
    /** Lets go of the early look that was to come. */
    let callOff = (): void => undefined
    let hasLooked = false
    return createLook(kept, {
      first: FIRST_GATEWAY,
      async look({ config, signal, wake, intervalMs }, memory) {
        const reading = await readGateways(host, door, { clock, stopwatch, signal }, config, memory)
        const { isDoubtful, ...verdict } = evaluateGateways(reading, config, memory)
        tellers.toldByGateways(verdict.told)
        callOff()
        // Who looks once waits for nothing.
        callOff = isDoubtful && hasLooked ? clock.after(Math.min(AGAIN_MS, intervalMs / 2), wake) : () => undefined
        hasLooked = true
        return verdict
      },
      clear: clearGateway,
      facts: { of: factsOf, recalled: recallGateway },
    })
  },
})
