/** Keys of `monitors[].config` of a `network-time` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

export const schema = z
  .strictObject({
    servers: z
      .array(
        z
          .string()
          .regex(/^[!-~]{1,253}$/)
          .meta({ what: 'a name or an address', sample: 'ntp.example.org', whom: 'host' }),
      )
      .max(16)
      .default([])
      .describe('NTP servers to hold the clock against, names or addresses; without any nobody is asked'),
    offsetWarningMs: z
      .number()
      .min(1)
      .max(86_400_000)
      .default(1_000)
      .describe('Milliseconds between the clock and a server’s from which on that is a warning'),
    offsetCriticalMs: z
      .number()
      .min(1)
      .max(86_400_000)
      .default(10_000)
      .describe('Milliseconds between the clock and a server’s from which on that is critical'),
    requestTimeoutMs: z.int().min(100).max(10_000).default(2_000).describe('Milliseconds that an answer is waited for'),
    sustainedChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row over the limit before that is a problem'),
    resolvConfPath: z
      .string()
      .regex(/^\//)
      .default('/etc/resolv.conf')
      .describe('Where the resolv.conf of the node is, from its root: names are looked up as its programs do'),
  })
  .meta({ order: [['offsetWarningMs', 'offsetCriticalMs']] })

export type Config = z.infer<typeof schema>
