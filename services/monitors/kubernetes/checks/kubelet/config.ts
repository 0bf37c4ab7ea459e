/** Keys of `monitors[].config` of a `kubernetes-kubelet-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { duration } from '#config/kinds'
import { ADDRESS, auth, metricsURL, PORT } from '../../node-kubelet/config.ts'

export const schema = z
  .strictObject({
    healthzURL: z
      .string()
      .regex(new RegExp(`^http://${ADDRESS}:${PORT}/\\S*$`))
      .meta({
        what: 'a URL of http with an IP address, a port and a path',
        sample: 'http://127.0.0.1:10248/healthz',
        whom: 'url',
      })
      .default('http://127.0.0.1:10248/healthz')
      .describe('Where it says that it is well: 200. Where nobody listens on one loopback address the other is asked'),
    metricsURL: metricsURL.describe('Its secured port, which has its metrics and its configuration'),
    checkSystemdStatus: z
      .boolean()
      .default(true)
      .describe('Whether systemd is asked for its unit: for words beside what is wrong, and for its restarts'),
    checkPLEG: z
      .boolean()
      .default(true)
      .describe('Whether it is looked at how long it takes to list pods (PLEG), and its calls to the runtime'),
    plegThreshold: duration({ min: '1ms', max: '10m' })
      .prefault('5s')
      .describe('Mean time to list pods from which on that is a warning'),
    plegCriticalThreshold: duration({ min: '1ms', max: '10m' })
      .prefault('30s')
      .describe('Mean time to list pods from which on that is critical'),
    operationThreshold: duration({ min: '1ms', max: '10m' })
      .prefault('10s')
      .describe('Mean time of a call to the container runtime from which on that is a warning'),
    operationCriticalThreshold: duration({ min: '1ms', max: '10m' })
      .prefault('60s')
      .describe('Mean time of a call to the container runtime from which on that is critical'),
    checkCutOff: z
      .boolean()
      .default(true)
      .describe('Whether it is looked at whether it renews its lease at the API server'),
    cutOffAfter: duration({ min: '10s', max: '1h' })
      .prefault('60s')
      .describe('How long it may renew nothing before it is cut off'),
    checkConfig: z
      .boolean()
      .default(true)
      .describe('Whether the configuration that is in force is held against its file'),
    metricsInterval: duration({ min: '10s', max: '1h' })
      .prefault('20m')
      .describe(
        'From one look at its metrics to the next, while nothing is wrong; each costs the API server two requests of the kubelet',
      ),
    failureThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row that find it unwell before that is a problem'),
    httpTimeout: duration({ min: '100ms', max: '1m' })
      .prefault('5s')
      .describe('How long it may take to answer before it hangs'),
    auth: auth
      .prefault({})
      .describe('Who we are to the kubelet. With none its metrics and its configuration are not asked for'),
  })
  .meta({
    order: [
      ['plegThreshold', 'plegCriticalThreshold'],
      ['operationThreshold', 'operationCriticalThreshold'],
    ],
  })

export type Config = z.infer<typeof schema>
