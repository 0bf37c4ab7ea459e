/** The monitor of the node's network. One line for each check. */
import { defineMonitor } from '#monitor-kit'
import { dns } from './checks/dns/check.ts'
import { gateway } from './checks/gateway/check.ts'
import { createNetworkShared } from './host-network.ts'

export const network = defineMonitor({
  name: 'network',
  description: 'Links, gateway, nameservers, endpoints',
  checks: [dns, gateway],
  shared: ({ host }) => createNetworkShared(host),
})
