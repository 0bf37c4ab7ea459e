/** Keys of `monitors[].config` of a `network-sysctl` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z.strictObject({
  forwarding: z
    .enum(['where-pods-run', 'always'])
    .default('where-pods-run')
    .describe('Where packets have to be forwarded: where pods have a network of their own, or on every node'),
  checkIPv4: z.boolean().default(true).describe('Watch net.ipv4.ip_forward where packets have to be forwarded'),
  checkIPv6: z
    .boolean()
    .default(true)
    .describe('Watch net.ipv6.conf.all.forwarding where packets have to be forwarded and the kernel has IPv6'),
  checkPerInterface: z
    .boolean()
    .default(false)
    .describe('Watch the forwarding of each interface too, where packets have to be forwarded'),
  interfaces: z
    .array(z.string().min(1).max(15))
    .max(256)
    .default([])
    .describe('Names of the interfaces whose forwarding is watched; none named: every one of hardware, and every bond'),
  checkBridgeNetfilter: z
    .boolean()
    .default(false)
    .describe('Watch that packets over a bridge pass the firewall (net.bridge.bridge-nf-call-iptables and -ip6tables)'),
  expect: z
    .record(
      z
        .string()
        .regex(/^net[./][\w./:@-]+$/)
        .meta({ what: 'a sysctl of the network', sample: 'net.core.somaxconn' }),
      z.string().max(256),
    )
    .default({})
    .describe('What further sysctls of the network have to be, by name: net.core.somaxconn: 4096'),
})

export type Config = z.infer<typeof schema>
