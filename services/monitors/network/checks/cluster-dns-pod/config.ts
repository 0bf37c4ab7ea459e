/** Keys of `monitors[].config` of a `network-cluster-dns-pod` check. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const LABEL = /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/

export const schema = z.strictObject({
  service: z
    .string()
    .regex(LABEL)
    .meta({ what: 'the name of a Service, or ""', sample: 'node-doctor-echo' })
    .default('')
    .describe('The Service of the echo component’s pods; empty: the one that is deployed with it'),
  whereDeployed: z
    .boolean()
    .default(false)
    .describe(
      'Whether nothing is said where the echo component is not deployed; so it is of the check that everybody has',
    ),
  namespace: z
    .string()
    .regex(LABEL)
    .meta({ what: 'a namespace, or ""', sample: 'node-doctor' })
    .default('')
    .describe('The namespace of the Service; empty: that of our own account'),
  echoPort: z
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('The port that is asked; 0: as the Service says, the one called echo, else the only one'),
  requestTimeoutMs: z
    .int()
    .min(100)
    .max(8_000)
    .default(5_000)
    .describe('Milliseconds that the answer of a pod is waited for; a pod waits three seconds for its nameservers'),
  minSuccessPods: z
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe(
      'So many of the pods that answer have to resolve the name, or all of fewer; one is asked where that of this node is known',
    ),
  sustainedChecks: z.int().min(1).max(100).default(2).describe('Checks in a row before it is a problem'),
})

export type Config = z.infer<typeof schema>
