import { z } from 'zod'
import { durationOrNanoseconds, name, socketAddress } from './kinds.ts'
import { repair } from './repairs.ts'
import { errorThreshold, retryPolicy, TRIES_MAX } from './retries.ts'

/** A condition's reason, and its message: what the API server takes of one. */
const REASON_MAX = 128
const MESSAGE_MAX = 1024

const condition = z.strictObject({
  type: z
    .string()
    // As the detector takes it of an answer: files of node-problem-detector have types such as "GPU-Healthy".
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/)
    .meta({ what: 'a condition type', sample: 'GPUHealthy' })
    .describe('A condition type that it reports'),
  polarity: z.enum(['true-is-problem', 'true-is-healthy']).default('true-is-problem').describe('What status True says'),
  shared: z.boolean().default(false).describe('Others may report the same type; the worst of them counts'),
  reason: z
    .string()
    .min(1)
    .max(REASON_MAX)
    .optional()
    .describe(
      'The reason that it is told as well with, until the monitor has spoken of it; without one nothing is told till then',
    ),
  message: z.string().min(1).max(MESSAGE_MAX).optional().describe('The message beside that reason'),
})

const healthCheck = z.strictObject({
  interval: durationOrNanoseconds({ min: '100ms', max: '24h' })
    .prefault('30s')
    .describe('How often the connection is looked at, beside the questions'),
  timeout: durationOrNanoseconds({ min: '100ms', max: '1h' }).prefault('5s').describe('How long that look may take'),
  errorThreshold,
})

/** Keys of the other form of external-monitor files: each says in one word what `retryPolicy` and `healthCheck` say. */
const otherForm = {
  reconnectInterval: durationOrNanoseconds({ min: '100ms', max: '24h' })
    .optional()
    .describe('Every wait of `retryPolicy`: first and longest in one, without a multiplier'),
  maxReconnectAttempts: z.int().min(1).max(TRIES_MAX).optional().describe('As `retryPolicy.maxAttempts`'),
  healthCheckInterval: durationOrNanoseconds({ min: '100ms', max: '24h' })
    .optional()
    .describe('As `healthCheck.interval`'),
  bufferSize: z.int().min(0).optional().describe('Taken, and without effect'),
  rules: z.array(z.unknown()).max(1000).optional().describe('Taken, and without effect: a monitor outside has its own'),
}

/** `plugins[]`: a monitor of somebody else's, reached at its socket. */
export const plugin = z.strictObject({
  name: name.describe('Name of this monitor, unique; its own metadata are not believed'),
  enabled: z.boolean().default(true).describe('Whether it is asked'),
  socketAddress: socketAddress('/var/run/npd/gpu-monitor.sock')
    .meta({ aliases: ['socketPath'] })
    .describe('Its Unix socket; `unix://` before it is dropped'),
  interval: durationOrNanoseconds({ min: '1s', max: '24h' })
    .prefault('30s')
    .describe('Time from one question to the next, for a monitor that is polled')
    .meta({ aliases: ['invoke_interval', 'invokeInterval'] }),
  timeout: durationOrNanoseconds({ min: '1s', max: '1h' })
    .prefault('10s')
    .describe('How long an answer may take. Less than the interval')
    .meta({ aliases: ['grpcTimeout'] }),
  skipInitialStatus: z
    .boolean()
    .default(false)
    .describe(
      'Whether nothing is said of its conditions before it has spoken; else those that have a `reason` are well until then',
    )
    .meta({ aliases: ['skip_initial_status'] }),
  retryPolicy: retryPolicy.prefault({}).describe('How long it is waited for, once it does not answer'),
  healthCheck: healthCheck.prefault({}).describe('When it counts as one that does not answer'),
  parameters: z
    .record(z.string(), z.string())
    .default({})
    .describe('Sent with every question; numbers and booleans are sent as they are written')
    .meta({ aliases: ['pluginParameters'] }),
  conditions: z
    .array(condition)
    .max(256)
    .default([])
    .describe('What its condition types mean, and that they are its own'),
  remediation: repair
    .optional()
    .describe('How problems that it reports are repaired')
    .meta({ defaultText: 'not at all' }),
  ...otherForm,
})
