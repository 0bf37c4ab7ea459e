/** Keys of `monitors[].config` of a `kubernetes-static-pods` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { absolutePath, duration } from '#config/kinds'

export const schema = z.strictObject({
  manifestFolder: absolutePath('/etc/kubernetes/manifests')
    .or(z.literal(''))
    .default('')
    .describe(
      'Where the manifests are; empty: where the kubelet’s file says (`staticPodPath`), else /etc/kubernetes/manifests',
    ),
  criSocket: z
    .string()
    .max(4096)
    .regex(/^(?:(?:unix:\/\/)?\/[^\0]*)?$/)
    .meta({ what: 'the path of a socket', sample: 'unix:///run/containerd/containerd.sock' })
    .default('')
    .describe('The container runtime’s socket; empty: it is looked for'),
  failureThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('Checks in a row that find one down before that is a problem'),
  callTimeout: duration({ min: '100ms', max: '1m' })
    .prefault('5s')
    .describe('How long the container runtime may take to answer'),
})

export type Config = z.infer<typeof schema>
