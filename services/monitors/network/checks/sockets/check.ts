/** `network-sockets`: are there ports and memory for connections, do segments arrive, are queues too short? */
import { createLook } from '#monitor-kit'
import { defineNetworkCheck } from '../../network-check.ts'
import type { Config } from './config.ts'
import { clearSockets, evaluateSockets, FIRST_SOCKETS, recallSockets } from './evaluate.ts'
import { readSockets } from './source.ts'

export const sockets = defineNetworkCheck<Config>({
  type: 'network-sockets',
  description: 'Local ports, memory of sockets, segments that are sent again, and queues that are full',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'PortsExhausted',
      description:
        'Hardly a local port is left for further connections to one place (each place has all of them), or for UDP',
      label: 'local ports exhausted',
      healthyReason: 'EnoughPorts',
      healthyMessage: 'enough local ports free',
      recoveryText: '2 checks in a row find fewer taken than the warning limit',
      source:
        '/proc/net/sockstat against ip_local_port_range without ip_local_reserved_ports; where there are enough sockets for it to matter, /proc/net/tcp and tcp6 by local address and place',
      warning: '80 % taken (portWarningThreshold)',
      critical: '95 % taken (portCriticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'SocketMemoryHigh',
      description: 'TCP or UDP has almost all the memory that it may have: beyond it packets are dropped',
      label: 'socket memory high',
      healthyReason: 'EnoughSocketMemory',
      healthyMessage: 'enough memory for sockets',
      recoveryText: '2 checks in a row find less in use than the warning limit',
      source: '/proc/net/sockstat, mem, against the last number of net.ipv4.tcp_mem and udp_mem',
      warning: '80 % used (memoryWarningThreshold)',
      critical: '95 % used (memoryCriticalThreshold)',
      sustained: 'at once',
    },
    {
      type: 'RetransmitsHigh',
      description: 'Many TCP segments are sent again: packets get lost on the way, or answers come late',
      label: 'many retransmits',
      healthyReason: 'FewRetransmits',
      healthyMessage: 'few segments are sent again',
      recoveryText: '2 checks in a row find fewer than the warning limit',
      source:
        '/proc/net/snmp: growth of RetransSegs without TCPSynRetrans (netstat) against all that was sent, of 1,000 segments or more',
      warning: '3 % of the segments (retransmitWarningThreshold)',
      critical: '10 % of the segments (retransmitCriticalThreshold)',
      sustained: '2 checks in a row (sustainedRetransmitChecks)',
    },
  ],
  events: [
    {
      reason: 'ListenQueueOverflow',
      severity: 'warning',
      description:
        'The queue of a listening socket was full (ListenOverflows of /proc/net/netstat); while that goes on it is told every 10 minutes',
    },
    {
      reason: 'PacketsDropped',
      severity: 'warning',
      description:
        'A processor had no room for packets (second column of /proc/net/softnet_stat); while that goes on it is told every 10 minutes',
    },
  ],
  metrics: [
    {
      name: 'local_ports_used_ratio',
      help: 'Share of the local ports taken to the busiest place, or by UDP; 0 while there are too few sockets to matter',
      kind: 'gauge',
      unit: 'ratio',
    },
    {
      name: 'socket_memory_used_ratio',
      help: 'Share of the memory that TCP and UDP may have',
      kind: 'gauge',
      unit: 'ratio',
    },
    {
      name: 'tcp_retransmits_ratio',
      help: 'Share of the TCP segments since the last check that were sent again',
      kind: 'gauge',
      unit: 'ratio',
      title: 'TCP segments sent again',
    },
    { name: 'sockets_in_use', help: 'Sockets by kind: tcp, tcp_time_wait, udp', kind: 'gauge', unit: '' },
    {
      name: 'tcp_listen_overflows_total',
      help: 'Connections for which the queue of a listening socket had no room',
      kind: 'counter',
      unit: '',
    },
    {
      name: 'softnet_dropped_total',
      help: 'Packets for which a processor had no room',
      kind: 'counter',
      unit: '',
    },
  ],
  create: ({ memory: kept }) =>
    createLook(kept, {
      first: FIRST_SOCKETS,
      look: async ({ host, config, clock }, memory) =>
        evaluateSockets(
          await readSockets(host, config.portWarningThreshold / 100),
          config,
          memory,
          clock.monotonicMs(),
        ),
      clear: clearSockets,
      facts: { of: ({ overflows, drops }) => ({ overflows, drops }), recalled: recallSockets },
    }),
})
