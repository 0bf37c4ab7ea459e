/** `network-ipv6-sysctl`: is IPv6 switched off where it has to be on? */
import { createLook } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import { createIPv6Links } from '../../ipv6/source.ts'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { clearUse, evaluateIPv6Sysctl, FIRST_USE, recallUse } from './evaluate.ts'
import { readIPv6Sysctl } from './source.ts'

export const ipv6Sysctl = defineNetworkCheck<Config>({
  type: 'network-ipv6-sysctl',
  description: 'Whether IPv6 is switched off where it was in use in this boot, or is expected',
  intervalMs: 60_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'IPv6Disabled',
      description:
        'IPv6 is switched off where it was in use in this boot (an address beyond the link), or is expected. A node that does not use it reports none',
      label: 'IPv6 switched off',
      healthyReason: 'IPv6Enabled',
      healthyMessage: 'IPv6 is switched on',
      recoveryText: '2 checks in a row find it switched on',
      source: '/proc/sys/net/ipv6/conf/*/disable_ipv6',
      warning: 'switched off (expectIPv6Enabled)',
      critical: 'none',
      sustained: 'at once',
    },
  ],
  create({ host, memory: kept }) {
    const links = createIPv6Links(host)
    return createLook(kept, {
      first: FIRST_USE,
      async look({ config }, memory) {
        const reading = await observe(() => readIPv6Sysctl(host, links, config))
        return evaluateIPv6Sysctl(reading, config, memory)
      },
      clear: clearUse,
      facts: { of: (memory) => memory, recalled: recallUse },
    })
  },
})
