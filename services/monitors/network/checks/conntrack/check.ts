/** `network-conntrack`: has the kernel room for the connections that it tracks? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { evaluateConntrack, FIRST_CONNTRACK, recallConntrack } from './evaluate.ts'
import { readConntrack } from './source.ts'

export const conntrack = defineNetworkCheck<Config>({
  type: 'network-conntrack',
  description: 'Room in the table of connections that the kernel tracks, and packets that are dropped for want of it',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'ConntrackFull',
      description:
        'The table of connections is almost full: once it is, new connections are dropped. Not reported where the kernel tracks none',
      label: 'connection table full',
      healthyReason: 'EnoughRoom',
      healthyMessage: 'enough room for further connections',
      recoveryText: '2 checks in a row find less in use than the warning limit',
      source: '/proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max',
      warning: '80 % used (warningThreshold)',
      critical: '95 % used (criticalThreshold)',
      sustained: 'at once',
    },
  ],
  events: [
    {
      reason: 'ConntrackDrops',
      severity: 'warning',
      description:
        'The kernel dropped packets for want of room in its table of connections (drop without insert_failed, early_drop of /proc/net/stat/nf_conntrack), or since many connections could not be entered (insert_failed, insertFailures); while that goes on it is told every 10 minutes',
    },
  ],
  metrics: [
    { name: 'conntrack_entries', help: 'Connections that the kernel tracks', kind: 'gauge', unit: '' },
    {
      name: 'conntrack_used_ratio',
      help: 'Share of the table of connections in use',
      kind: 'gauge',
      unit: 'ratio',
      title: 'Connections tracked',
    },
    {
      name: 'conntrack_drops_total',
      help: 'Packets dropped, also those that lost a race, and connections thrown out to make room',
      kind: 'counter',
      unit: '',
    },
    {
      name: 'conntrack_insert_failures_total',
      help: 'Connections that could not be entered',
      kind: 'counter',
      unit: '',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_CONNTRACK,
      look: async ({ host, config, clock }, memory) =>
        evaluateConntrack(await readConntrack(host), config, memory, clock.monotonicMs()),
      facts: { of: ({ losses }) => losses ?? {}, recalled: recallConntrack },
    }),
})
