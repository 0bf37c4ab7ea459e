/** `network-ipv6-route`: is there a default route of IPv6 where there has to be one? */
import { createLook } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import { routeTellersOf } from '../../default-routes.ts'
import { createIPv6Links } from '../../ipv6/source.ts'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { clearRoute, evaluateIPv6Route, FIRST_ROUTE, recallRoute } from './evaluate.ts'
import { readIPv6Routes } from './source.ts'

export const ipv6Route = defineNetworkCheck<Config>({
  type: 'network-ipv6-route',
  description: 'Whether the default route of IPv6 is there, where it was in this boot or is expected',
  intervalMs: 60_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'IPv6DefaultRouteMissing',
      description:
        'There is no default route of IPv6, where there was one in this boot or one is expected. A node without IPv6 reports none; where network-gateway-check watches that route, its DefaultRouteMissing is told in place of this one',
      label: 'no IPv6 default route',
      healthyReason: 'DefaultRoutePresent',
      healthyMessage: 'there is a default route of IPv6',
      recoveryText: '2 checks in a row find one',
      source:
        'ip -6 route show default; without ip /proc/net/ipv6_route; accept_ra and forwarding of /proc/sys/net/ipv6/conf say why',
      warning: 'none (expectDefaultRoute)',
      critical: 'none',
      sustained: '2 checks in a row (sustainedChecks)',
    },
  ],
  create({ host, memory: kept, shared }) {
    const tellers = routeTellersOf(shared)
    const links = createIPv6Links(host)
    return createLook(kept, {
      first: FIRST_ROUTE,
      async look({ config }, memory) {
        const reading = await observe(() => readIPv6Routes(host, links, memory.over))
        return evaluateIPv6Route(reading, config, memory, tellers.tellerOf('v6'))
      },
      clear: clearRoute,
      facts: { of: ({ over, heard }) => ({ over, heard }), recalled: recallRoute },
    })
  },
})
