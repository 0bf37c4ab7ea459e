/** The monitor of the node's network. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { clusterDnsPod } from './checks/cluster-dns-pod/check.ts'
import { cni } from './checks/cni/check.ts'
import { connectivity } from './checks/connectivity/check.ts'
import { conntrack } from './checks/conntrack/check.ts'
import { dns } from './checks/dns/check.ts'
import { gateway } from './checks/gateway/check.ts'
import { ipv6Firewall } from './checks/ipv6-firewall/check.ts'
import { ipv6Neighbor } from './checks/ipv6-neighbor/check.ts'
import { ipv6Route } from './checks/ipv6-route/check.ts'
import { ipv6Sysctl } from './checks/ipv6-sysctl/check.ts'
import { links } from './checks/links/check.ts'
import { peers } from './checks/peers/check.ts'
import { sockets } from './checks/sockets/check.ts'
import { sysctl } from './checks/sysctl/check.ts'
import { time } from './checks/time/check.ts'
import { createNetworkShared } from './host-network.ts'

export const network = defineMonitor({
  name: 'network',
  description: 'Links, gateways, nameservers, endpoints, peers, CNI, connection tracking, sockets, sysctls, IPv6',
  checks: [
    clusterDnsPod,
    cni,
    connectivity,
    conntrack,
    dns,
    gateway,
    ipv6Firewall,
    ipv6Neighbor,
    ipv6Route,
    ipv6Sysctl,
    links,
    peers,
    sockets,
    sysctl,
    time,
  ],
  shared: ({ host }) => createNetworkShared(host),
})
