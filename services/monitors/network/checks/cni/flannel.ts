/** flannel's file of the addresses that this node has. Pure. */
import { networkIn } from './addresses.ts'
import { type Pools, poolsIn } from './pools.ts'

/**
 * /run/flannel/subnet.env, as its daemon writes it:
 *
 *     FLANNEL_NETWORK=10.244.0.0/16
 *     FLANNEL_SUBNET=10.244.1.1/24
 *     FLANNEL_IPV6_SUBNET=2001:db8:42:1::1/64
 *     FLANNEL_MTU=1450
 *
 * The address is the bridge's; host-local is told the subnet that it is in. Without a subnet: not understood.
 */
export function poolsOfFlannel(text: string): Pools {
  const subnets = Array.from(text.matchAll(/^FLANNEL_(?:IPV6_)?SUBNET=([\d.:/a-f]{1,64})$/gim), ([, subnet]) => subnet!)
  const ranges = subnets.slice(0, 2).map((subnet) => [{ subnet: networkOf(subnet) }])
  if (ranges.length === 0) return { ok: false, why: 'it has no FLANNEL_SUBNET' }
  return poolsIn({ ranges })
}

/** "10.244.1.1/24" → "10.244.1.0/24" */
function networkOf(text: string): string {
  const network = networkIn(text)
  if (network === undefined) return text
  const { bits, first, prefixLength } = network
  const width = bits === 32 ? 8n : 16n
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, at) => {
    const part = (first >> (BigInt(bits) - width * BigInt(at + 1))) & ((1n << width) - 1n)
    return part.toString(bits === 32 ? 10 : 16)
  })
  const address = bits === 32 ? parts.join('.') : parts.join(':').replace(/(?::0)+$/, '::')
  return `${address}/${prefixLength}`
}
