/** Keys of `monitors[].config` of a `kubernetes-kube-proxy` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { duration } from '#config/kinds'
import { ADDRESS, PORT } from '../../node-kubelet/config.ts'

export const schema = z.strictObject({
  livezURL: z
    .string()
    .regex(new RegExp(`^http://${ADDRESS}:${PORT}/\\S*$`))
    .meta({
      what: 'a URL of http with an IP address, a port and a path',
      sample: 'http://127.0.0.1:10256/livez',
      whom: 'url',
    })
    .default('http://127.0.0.1:10256/livez')
    .describe('Where it says that it lives: 200; one that has no such path is asked at /healthz'),
  criSocket: z
    .string()
    .max(4096)
    .regex(/^(?:(?:unix:\/\/)?\/[^\0]*)?$/)
    .meta({ what: 'the path of a socket', sample: 'unix:///run/containerd/containerd.sock' })
    .default('')
    .describe('The container runtime’s socket, which tells whether it has a pod here; empty: it is looked for'),
  failureThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Checks in a row that find it unwell before that is a problem'),
  httpTimeout: duration({ min: '100ms', max: '1m' })
    .prefault('5s')
    .describe('How long it may take to answer before it hangs'),
})

export type Config = z.infer<typeof schema>
