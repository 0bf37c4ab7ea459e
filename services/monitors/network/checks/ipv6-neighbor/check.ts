/** `network-ipv6-neighbor`: have links the addresses of IPv6 that they have to have? */
import { createLook } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import { createIPv6Links } from '../../ipv6/source.ts'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { clearNeighbor, evaluateIPv6Neighbor, FIRST_NEIGHBOR, recallNeighbor } from './evaluate.ts'
import { readIPv6Neighbor } from './source.ts'

export const ipv6Neighbor = defineNetworkCheck<Config>({
  type: 'network-ipv6-neighbor',
  description: 'Whether links have the addresses of IPv6 that they had in this boot, or that are expected of them',
  intervalMs: 60_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'IPv6AddressMissing',
      description:
        'A link with a carrier and IPv6 lacks an address that it had in this boot or that is expected, or has one that another machine has too. A node without IPv6 reports none',
      label: 'IPv6 address missing',
      healthyReason: 'AddressesPresent',
      healthyMessage: 'links have their addresses of IPv6',
      recoveryText: '2 checks in a row find the addresses',
      source: '/proc/net/if_inet6; accept_ra and forwarding of /proc/sys/net/ipv6/conf say why',
      warning: 'missing (expectIPv6Enabled, requireGlobalAddress), or a duplicate',
      critical: 'none',
      sustained: '2 checks in a row (sustainedChecks)',
    },
  ],
  create({ host, memory: kept }) {
    const links = createIPv6Links(host)
    return createLook(kept, {
      first: FIRST_NEIGHBOR,
      async look({ config }, memory) {
        const reading = await observe(() => readIPv6Neighbor(host, links, config))
        return evaluateIPv6Neighbor(reading, config, memory)
      },
      clear: clearNeighbor,
      facts: { of: ({ local, global, heard }) => ({ local, global, heard }), recalled: recallNeighbor },
    })
  },
})
