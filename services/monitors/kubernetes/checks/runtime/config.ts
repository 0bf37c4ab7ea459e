/** Keys of `monitors[].config` of a `kubernetes-runtime-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'
import { duration } from '#config/kinds'

export const schema = z
  .strictObject({
    runtimeType: z
      .enum(['auto', 'containerd', 'crio', 'docker'])
      .default('auto')
      .describe('Which container runtime is looked for where criSocket names none; docker is cri-dockerd'),
    criSocket: z
      .string()
      .max(4096)
      .regex(/^(?:(?:unix:\/\/)?\/[^\0]*)?$/)
      .meta({ what: 'the path of a socket', sample: 'unix:///run/containerd/containerd.sock' })
      .default('')
      .describe(
        'Its socket, as the kubelet has it (`unix:///run/containerd/containerd.sock`); empty: it is looked for',
      ),
    checkSocketConnectivity: z
      .boolean()
      .default(true)
      .describe('Whether the runtime itself is asked; else its unit alone speaks'),
    checkSystemdStatus: z
      .boolean()
      .default(true)
      .describe('Whether systemd is asked for its unit where the runtime itself does not answer'),
    checkRuntimeInfo: z
      .boolean()
      .default(true)
      .describe('Whether it is asked how it is and how its network is (Status), and what images take'),
    checkPods: z
      .boolean()
      .default(true)
      .describe('Whether its pods and containers are listed, for those that are stuck'),
    failureThreshold: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row that find it unwell before that is a problem'),
    callTimeout: duration({ min: '100ms', max: '1m' })
      .prefault('5s')
      .describe('How long it may take to answer one call before it hangs'),
    slowWarningMs: z
      .number()
      .min(1)
      .max(60_000)
      .default(1000)
      .describe('Milliseconds of its slowest call from which on that is a warning'),
    slowCriticalMs: z
      .number()
      .min(1)
      .max(60_000)
      .default(3000)
      .describe('Milliseconds of its slowest call from which on that is critical'),
    sustainedSlowChecks: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks in a row over a limit before slow calls are a problem'),
    stuckAfter: duration({ min: '1s', max: '24h' })
      .prefault('5m')
      .describe('How long a container may stay created, unknown, or running in a pod that has ended'),
    stuckWarningPods: z
      .int()
      .min(1)
      .max(10_000)
      .default(1)
      .describe('Pods that are stuck from which on that is a warning'),
    stuckCriticalPods: z
      .int()
      .min(1)
      .max(10_000)
      .default(5)
      .describe('Pods that are stuck from which on that is critical'),
  })
  .meta({
    order: [
      ['slowWarningMs', 'slowCriticalMs'],
      ['stuckWarningPods', 'stuckCriticalPods'],
    ],
  })

export type Config = z.infer<typeof schema>
