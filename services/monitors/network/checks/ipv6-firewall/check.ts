/** `network-ipv6-firewall`: does the firewall let packets of IPv6 pass? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { clearFirewall, evaluateFirewall, FIRST_FIREWALL, recallFirewall } from './evaluate.ts'
import { readFirewall } from './source.ts'

export const ipv6Firewall = defineNetworkCheck<Config>({
  type: 'network-ipv6-firewall',
  description:
    'Whether the firewall lets packets of IPv6 pass, where it did in this boot or is expected to; takes NET_ADMIN',
  intervalMs: 60_000,
  timeoutMs: 30_000,
  conditions: [
    {
      type: 'IPv6FirewallBlocks',
      description:
        'A chain for IPv6 drops by its policy and has no rule that lets anything pass, where it did in this boot or is expected to. Without IPv6, and without nft and ip6tables, none is reported; without the right to see the rules it is unknown',
      label: 'firewall blocks IPv6',
      healthyReason: 'FirewallOpen',
      healthyMessage: 'the firewall lets packets of IPv6 pass',
      recoveryText: '2 checks in a row find a rule that lets something pass',
      source: '`nft -j list chains`, or `ip6tables-save`; forwarding only where net.ipv6.conf.all.forwarding is on',
      warning: 'nothing passes (expectIPv6Enabled)',
      critical: 'none',
      sustained: 'at once',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_FIREWALL,
      async look({ host, config, signal }, memory) {
        const reading = await readFirewall(host, config, memory.open.length > 0, signal)
        return evaluateFirewall(reading, config, memory)
      },
      clear: clearFirewall,
      facts: { of: (memory) => memory, recalled: recallFirewall },
    }),
})
