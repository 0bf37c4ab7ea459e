/** Types of checks: which of ours serves each. */
import { INSTEAD_OF_CHECK } from '../../../parts.ts'
import type { TypeRow } from '../types.ts'

function same(type: string): TypeRow {
  return { type, status: 'works' }
}

function other(type: string, to: string): TypeRow {
  return { type, status: 'renamed', to: [to] }
}

/** Every type, and every name of it. Whether one is served says the catalogue, not this table. */
export const TYPES: readonly TypeRow[] = [
  same('system-cpu'),
  same('system-memory'),
  same('system-disk'),
  same('disk-health-check'),
  same('http-health-check'),
  same('kubernetes-kubelet-check'),
  same('kubernetes-apiserver-check'),
  same('kubernetes-runtime-check'),
  same('kubernetes-capacity-check'),
  same('network-dns-check'),
  same('network-gateway-check'),
  same('network-connectivity-check'),
  { type: 'network-cni-check', status: 'split', to: ['network-peers', 'network-cni'] },
  same('network-cluster-dns-pod'),
  { ...other('network-ip-forwarding', 'network-sysctl'), adds: { forwarding: 'always' } },
  same('network-ipv6-sysctl'),
  same('network-ipv6-route'),
  same('network-ipv6-neighbor'),
  same('network-ipv6-firewall'),
  same('custom-plugin'),
  {
    type: 'custom-logpattern',
    status: 'later',
    instead: INSTEAD_OF_CHECK['custom-logpattern'] ?? '',
  },
  { type: 'noop', status: 'refused', why: 'it looks at nothing', instead: 'take it out' },
  other('system-cpu-check', 'system-cpu'),
  other('system-memory-check', 'system-memory'),
  other('system-disk-check', 'disk-health-check'),
  other('custom-plugin-check', 'custom-plugin'),
  other('custom-logpattern-check', 'custom-logpattern'),
]
