/** Keys of every check that asks the kubelet. Not loaded at run time: the catalogue has them. */
import { z } from 'zod'
import { absolutePath } from '#config/kinds'

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
const GROUP = '[0-9a-fA-F]{1,4}'
/** Eight groups, or fewer with "::" in place of one and more (RFC 4291, 2.2), by how many stand before it. */
const GROUPS = [
  `(?:${GROUP}:){7}${GROUP}`,
  `::(?:${GROUP}(?::${GROUP}){0,6})?`,
  ...[1, 2, 3, 4, 5, 6].map((count) => `(?:${GROUP}:){${count}}(?::${GROUP}){1,${7 - count}}`),
  `(?:${GROUP}:){1,7}:`,
].join('|')

/** A host of a URL that no name stands for: what passes here is one to `URL`. */
export const ADDRESS = String.raw`(?:${BYTE}(?:\.${BYTE}){3}|\[(?:${GROUPS})\])`

/** 1 to 65535. */
export const PORT = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`

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
  .regex(new RegExp(`^https://${ADDRESS}:${PORT}/metrics$`))
  .meta({
    what: 'a URL of https with an IP address, a port and the path /metrics',
    sample: 'https://127.0.0.1:10250/metrics',
    whom: 'url',
  })
  .default('https://127.0.0.1:10250/metrics')
