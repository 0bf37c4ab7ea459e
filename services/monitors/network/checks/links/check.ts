/** `network-links`: have the machine's links a carrier, do they lose packets, are they as fast as they were? */
import { createLook } from '#monitor-kit'
import { observe } from '#monitor-kit/source'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { evaluateLinks } from './evaluate.ts'
import { clearLinks, FIRST_LINKS, factsOf, recallLinks } from './memory.ts'
import { createLinksSource } from './source.ts'

export const links = defineNetworkCheck<Config>({
  type: 'network-links',
  description: 'Carrier, errors and speed of each link of hardware, and the members of each bond',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'LinkDown',
      description:
        'A link has no carrier. A port that never had one in this boot, a member of a bond, and what has no hardware are not meant, unless named; of a member whose bond is watched its bond tells',
      label: '{entity} down',
      healthyReason: 'HasCarrier',
      healthyMessage: 'has a carrier',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check finds a carrier',
      source: '/sys/class/net/X/carrier of each link that is administratively up and had a carrier in this boot',
      warning: 'no carrier',
      critical: 'no carrier, and no other watched link has one; a named link that is gone',
      sustained: '2 checks in a row (sustainedChecks)',
    },
    {
      type: 'LinkErrors',
      description: 'A link loses packets: they are bad, or the machine does not take them from the card in time',
      label: '{entity} loses packets',
      healthyReason: 'FewErrors',
      healthyMessage: 'few packets are bad or missed',
      recoveryText: '2 checks in a row find fewer than the warning limit',
      source:
        '/sys/class/net/X/statistics: growth of rx_errors, tx_errors and rx_missed_errors against all packets; fewer than 10 are not judged',
      warning: '0.1 % of the packets (errorWarningThreshold)',
      critical: '1 % of the packets (errorCriticalThreshold)',
      sustained: '2 checks in a row (sustainedErrorChecks)',
    },
    {
      type: 'LinkSlow',
      description: 'A link runs slower than it did in this boot. Not reported where the driver tells no speed',
      label: '{entity} slow',
      healthyReason: 'FullSpeed',
      healthyMessage: 'as fast as it was in this boot',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check finds it as fast as it was; a person’s word makes its speed the right one',
      source: '/sys/class/net/X/speed',
      warning: 'less than the fastest in this boot',
      critical: 'none',
      sustained: 'at once',
    },
    {
      type: 'BondDegraded',
      description:
        'Members of a bond carry nothing: without link, with no LACP partner in common, or gone in this boot',
      label: '{entity} degraded',
      healthyReason: 'AllMembersCarry',
      healthyMessage: 'all members carry',
      recovery: { kind: 'healthy-checks', count: 1 },
      recoveryText: 'a check finds that all members carry',
      source: '/sys/class/net/X/bonding, and bonding_slave of each member',
      warning: 'a member carries nothing',
      critical: 'no member carries anything; a named bond that is gone',
      sustained: '2 checks in a row (sustainedChecks)',
    },
  ],
  events: [
    {
      reason: 'LinkFlapped',
      severity: 'warning',
      description:
        'A link lost its carrier and had it again between two checks (carrier_down_count); while that goes on it is told every 10 minutes',
    },
    {
      reason: 'LinkAbsent',
      severity: 'info',
      description: 'A configured link does not exist on this node: it is not watched',
    },
  ],
  metrics: [
    { name: 'network_link_carrier', help: '1 while the link has a carrier', kind: 'gauge', unit: '' },
    {
      name: 'network_link_speed_bits_per_second',
      help: 'What the link was negotiated to',
      kind: 'gauge',
      unit: 'bits/s',
    },
    {
      name: 'network_link_errors_total',
      help: 'Packets that were bad as received or sent, or missed, since the link was made',
      kind: 'counter',
      unit: '',
    },
    { name: 'network_bond_members_carrying', help: 'Members of the bond that carry', kind: 'gauge', unit: '' },
  ],
  create({ host, memory: kept }) {
    const source = createLinksSource(host)
    return createLook(kept, {
      first: FIRST_LINKS,
      async look({ config, clock }, memory) {
        const reading = await observe(() => source.read(config.interfaces, config.ignore))
        return evaluateLinks(reading, config, memory, clock.monotonicMs())
      },
      clear: clearLinks,
      facts: { of: factsOf, recalled: recallLinks },
    })
  },
})
