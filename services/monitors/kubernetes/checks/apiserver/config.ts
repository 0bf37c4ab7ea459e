/** Keys of `monitors[].config` of a `kubernetes-apiserver-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { duration } from '#config/kinds'
import { ADDRESS, PORT } from '../../node-kubelet/config.ts'

export const schema = z
  .strictObject({
    endpoint: z
      .string()
      .regex(new RegExp(`^(?:https://${ADDRESS}(?::${PORT})?/?)?$`))
      .meta({ what: 'a URL of https with an IP address', sample: 'https://10.0.0.1:6443', whom: 'url' })
      .default('')
      .describe('One more API server that is looked at, by its address: `https://10.0.0.1:6443`'),
    checkServers: z
      .boolean()
      .default(true)
      .describe(
        'Whether each server is tried of which the cluster says that it is there (EndpointSlice default/kubernetes)',
      ),
    checkAuth: z
      .boolean()
      .default(true)
      .describe('Whether the API server is asked who it takes this account for (SelfSubjectReview)'),
    requestInterval: duration({ min: '30s', max: '24h' })
      .prefault('10m')
      .describe('From one request to the next while all is well; in trouble there is one in each check'),
    latencyThreshold: duration({ min: '1ms', max: '1m' })
      .prefault('2s')
      .describe('Time to connect, or to answer a request, from which on that is a warning'),
    criticalLatencyThreshold: duration({ min: '1ms', max: '1m' })
      .prefault('5s')
      .describe('Time to connect, or to answer a request, from which on that is critical'),
    sustainedSlowChecks: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks in a row over a limit before slow answers are a problem'),
    failureThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row that do not reach it before that is a problem'),
    httpTimeout: duration({ min: '100ms', max: '1m' })
      .prefault('5s')
      .describe('How long it may take to connect, or to answer a request'),
  })
  .meta({ order: [['latencyThreshold', 'criticalLatencyThreshold']] })

export type Config = z.infer<typeof schema>
