import { toolAction } from '../program/tool.ts'

export const flushIpv6Route = toolAction('flush-ipv6-route', 'Empties what the kernel remembers of IPv6 routes', [
  ['ip', '-6', 'route', 'flush', 'cache'],
])
