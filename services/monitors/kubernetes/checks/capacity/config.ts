/** Keys of `monitors[].config` of a `kubernetes-capacity-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { duration } from '#config/kinds'
import { auth, metricsURL } from '../../node-kubelet/config.ts'

const percent = z.number().min(0).max(100)

export const schema = z
  .strictObject({
    warningThreshold: percent
      .default(90)
      .describe('Percent of the pods that the kubelet takes from which on that is a warning'),
    criticalThreshold: percent
      .default(95)
      .describe('Percent of the pods that the kubelet takes from which on that is critical'),
    checkEviction: z
      .boolean()
      .default(true)
      .describe('Whether it is looked at how near the kubelet is to evicting pods'),
    nearPercent: percent
      .default(3)
      .describe('What may be left above a threshold of eviction, in percent of the whole, before that is a warning'),
    imminentPercent: percent
      .default(1)
      .describe('What may be left above a threshold of eviction, in percent of the whole, before that is critical'),
    failureThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row over a limit before that is a problem'),
    criSocket: z
      .string()
      .max(4096)
      .regex(/^(?:(?:unix:\/\/)?\/[^\0]*)?$/)
      .meta({ what: 'the path of a socket', sample: 'unix:///run/containerd/containerd.sock' })
      .default('')
      .describe('The container runtime’s socket; empty: it is looked for'),
    metricsURL: metricsURL.describe('The kubelet’s secured port'),
    callTimeout: duration({ min: '100ms', max: '1m' })
      .prefault('5s')
      .describe('How long the container runtime, or the kubelet, may take to answer'),
    auth: auth.prefault({}).describe('Who we are to the kubelet. With none its limits are those of its file'),
  })
  .meta({
    order: [
      ['warningThreshold', 'criticalThreshold'],
      ['imminentPercent', 'nearPercent'],
    ],
  })

export type Config = z.infer<typeof schema>
