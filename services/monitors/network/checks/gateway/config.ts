/** Keys of `monitors[].config` of a `network-gateway-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z.strictObject({
  gateways: z
    .array(
      z
        .string()
        .regex(/^[0-9A-Fa-f.:]{2,45}(%[!-~]{1,15})?$/)
        .meta({ what: 'an address', sample: '10.0.0.1', whom: 'address' }),
    )
    .max(16)
    .default([])
    .describe('Addresses to ask instead of the gateways of the default routes, which are watched all the same'),
  addressFamily: z
    .enum(['auto', 'ipv4', 'ipv6'])
    .default('auto')
    .describe('Of which family the default routes are watched; auto: of both, where there was one in this boot'),
  pingCount: z.int().min(1).max(20).default(3).describe('How many echo requests are sent; one answer is enough'),
  pingTimeoutMs: z
    .int()
    .min(100)
    .max(4_000)
    .default(1_000)
    .describe('Milliseconds that the answer to the last echo request is waited for'),
  latencyWarningMs: z
    .number()
    .min(0.1)
    .max(4_000)
    .default(100)
    .describe('Milliseconds there and back, on the average, from which on a gateway is slow'),
  sustainedChecks: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Checks in a row without a route, without an answer or over the limit before that is a problem'),
})

export type Config = z.infer<typeof schema>
