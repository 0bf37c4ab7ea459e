import { z } from 'zod'
import { duration, name } from './kinds.ts'

/** `plugins[]`: a monitor of somebody else's, reached at its socket. */
export const plugin = z.strictObject({
  name: name.describe('Name of this monitor, unique; its own metadata are not believed'),
  enabled: z.boolean().default(true).describe('Whether it is asked'),
  socketAddress: z
    .string()
    .max(120)
    .regex(/^(?:unix:(?:\/\/)?)?\/[^\0]*$/)
    .meta({
      what: 'an absolute path of a Unix socket',
      sample: '/var/run/npd/gpu-monitor.sock',
      aliases: ['socketPath'],
    })
    .describe('Its Unix socket; `unix://` before it is dropped'),
  interval: duration({ min: '1s', max: '24h' })
    .prefault('30s')
    .describe('Time from one question to the next, for a monitor that is polled')
    .meta({ aliases: ['invoke_interval', 'invokeInterval'] }),
  timeout: duration({ min: '1s', max: '1h' })
    .prefault('10s')
    .describe('How long an answer may take. Less than the interval')
    .meta({ aliases: ['grpcTimeout'] }),
  parameters: z
    .record(z.string(), z.string())
    .default({})
    .describe('Sent with every question; numbers and booleans are sent as they are written')
    .meta({ aliases: ['pluginParameters'] }),
  conditions: z
    .array(
      z.strictObject({
        type: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/)
          .meta({ what: 'a condition type', sample: 'GPUHealthy' })
          .describe('A condition type that it reports'),
        polarity: z
          .enum(['true-is-problem', 'true-is-healthy'])
          .default('true-is-problem')
          .describe('What status True says'),
        shared: z.boolean().default(false).describe('Others may report the same type; the worst of them counts'),
      }),
    )
    .max(256)
    .default([])
    .describe('What its condition types mean, and that they are its own'),
})
