/** Keys of every check that asks the kubelet. Not loaded at run time: the catalogue has them. */
import { z } from 'zod'
import { absolutePath } from '#config/kinds'

/** A host of a URL that no name stands for. */
export const ADDRESS = String.raw`(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])`

/** Who we are to the kubelet. */
export const auth = z.strictObject({
  type: z
    .enum(['serviceaccount', 'certificate', 'none'])
    .default('serviceaccount')
    .describe('Who we are to the kubelet: the account by which the API server is asked, a certificate, or nobody'),
  tokenFile: absolutePath('/var/run/secrets/kubernetes.io/serviceaccount/token')
    .or(z.literal(''))
    .default('')
    .describe('A file with a token in place of the account’s own'),
  certFile: absolutePath('/etc/kubernetes/pki/client.crt')
    .or(z.literal(''))
    .default('')
    .describe('Our certificate, of type certificate'),
  keyFile: absolutePath('/etc/kubernetes/pki/client.key')
    .or(z.literal(''))
    .default('')
    .describe('The key of our certificate'),
})

/** Where the kubelet's secured port is. */
export const metricsURL = z
  .string()
  .regex(new RegExp(`^https://${ADDRESS}:\\d{1,5}/metrics$`))
  .default('https://127.0.0.1:10250/metrics')
