/** Keys of `monitors[].config` of a `network-peers` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const address = z
  .string()
  .regex(/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){2,7}(%[A-Za-z0-9._-]{1,15})?)$/)
  .meta({ what: 'an address', sample: '10.0.0.7', whom: 'address' })
const place = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/)
  .meta({
    what: 'the name of a Service or an EndpointSlice, or namespace/name',
    sample: 'node-doctor/node-doctor-peers',
  })

export const schema = z.strictObject({
  peers: z
    .array(address)
    .max(5_000)
    .default([])
    .describe('Addresses of other nodes; whoever of them is this node is left out'),
  slices: z
    .array(place)
    .max(2)
    .default([])
    .describe(
      'Where the addresses of nodes stand: one or two Services or EndpointSlices, as namespace/name; a name alone is of the own namespace',
    ),
  echoPeers: z.array(address).max(5_000).default([]).describe('Addresses of pods of the echo component'),
  echoSlices: z
    .array(place)
    .max(2)
    .default([])
    .describe('Where the pods of the echo component stand: one or two Services or EndpointSlices, as of slices'),
  port: z.int().min(1).max(65_535).default(10_250).describe('The port of nodes that is asked: the kubelet’s'),
  echoPort: z
    .int()
    .min(1)
    .max(65_535)
    .default(8_023)
    .describe('The port of echoPeers; of echoSlices the slices say it'),
  requestTimeoutMs: z
    .int()
    .min(100)
    .max(4_000)
    .default(3_000)
    .describe('Milliseconds that one answer of a peer is waited for'),
  minReachablePeers: z
    .number()
    .min(1)
    .max(100)
    .default(80)
    .describe('Percent of a draw that have to answer; below that in two draws in a row it is a problem'),
  latencyWarningMs: z
    .number()
    .min(1)
    .max(4_000)
    .default(200)
    .describe('Milliseconds to connect from which on a peer is slow; most of a zone have to be'),
})

export type Config = z.infer<typeof schema>
