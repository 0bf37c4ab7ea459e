/** Keys of `monitors[].config` of a `network-connectivity-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

const URL_WORDS = {
  what: 'a URL of http, https, tcp or tls with whom to ask',
  sample: 'tcp://10.0.0.7:5432',
  whom: 'url',
}
const url = z
  .string()
  .max(2_000)
  .regex(/^(https?|tcp|tls):\/\/\S+$/)
  .meta(URL_WORDS)
const method = z.enum(['HEAD', 'GET', 'OPTIONS'])
const status = z.int().min(100).max(599)
const headers = z.record(
  z
    .string()
    .regex(/^[!-9;-~]{1,100}$/)
    .meta({ what: 'the name of a header', sample: 'X-Probe' }),
  z.string().max(4_000).meta({ secret: true }),
)

const endpoint = z.strictObject({
  url: url.describe('http://, https://, tcp://HOST:PORT (it is connected to) or tls://HOST:PORT (a handshake)'),
  name: z
    .string()
    .regex(/^[!-~]{0,128}$/)
    .meta({ what: 'a name of at most 128 characters without blanks', sample: 'registry' })
    .default('')
    .describe('What it is called in conditions; without one the address, without secrets'),
  method: method.default('HEAD').describe('Of http; where HEAD is not known GET is tried'),
  expectedStatusCode: status.default(200).describe('The status that is well, of http'),
  followRedirects: z
    .boolean()
    .default(false)
    .describe('Whether redirections are followed, five at most')
    .meta({ inherits: true }),
  headers: headers.default({}).describe('Headers of the request; told to nobody who is not who he should be'),
})

export const schema = z
  .strictObject({
    url: z
      .string()
      .max(2_000)
      .regex(/^$|^(https?|tcp|tls):\/\/\S+$/)
      .meta(URL_WORDS)
      .default('')
      .describe('One endpoint, which is called as the check is; in place of endpoints, or beside them'),
    method: method.default('HEAD').describe('How that is asked, of http; where HEAD is not known GET is tried'),
    expectedStatusCode: status.default(200).describe('The status that is well of that endpoint, of http'),
    followRedirects: z
      .boolean()
      .default(false)
      .describe('Whether redirections are followed, five at most; of each endpoint that says nothing else, too'),
    headers: headers.default({}).describe('Headers of the request to that endpoint'),
    endpoints: z.array(endpoint).max(50).default([]).describe('Further endpoints, each a condition of its own'),
    requestTimeoutMs: z
      .int()
      .min(100)
      .max(10_000)
      .default(5_000)
      .describe(
        'Milliseconds that one answer is waited for, with the handshake and redirections; two fifths of the timeout at most',
      ),
    retries: z
      .int()
      .min(0)
      .max(5)
      .default(1)
      .describe('How often more it is tried in a round, at other addresses of the name first, after a wait by chance'),
    latencyWarningMs: z
      .number()
      .min(1)
      .max(10_000)
      .default(2_000)
      .describe('Milliseconds to an answer from which on an endpoint is slow; without looking its name up'),
    certificateDays: z
      .number()
      .min(0)
      .max(3_650)
      .default(30)
      .describe('Days before the end of a certificate that are a warning, once 92 % of its life are over'),
    certificateLastDays: z
      .number()
      .min(0)
      .max(3_650)
      .default(7)
      .describe('Days before the end of a certificate that are critical, once 98 % of its life are over'),
    sustainedChecks: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Checks in a row without the expected answer, or over the limit, before that is a problem'),
    authoritiesPath: z
      .string()
      .regex(/^$|^\//)
      .default('')
      .describe(
        'A file of the host with the authorities that are believed, as PEM; without one those that the host trusts',
      ),
    verifyCertificate: z
      .boolean()
      .default(true)
      .describe(
        'Whether it matters who answers; where it does not nobody is told headers that say who we are, by their names, or a password of the URL',
      ),
    proxy: z
      .string()
      .regex(/^$|^http:\/\/[^\s]{1,500}$/)
      .meta({ what: 'a URL of http', sample: 'http://proxy.example.org:3128', whom: 'url' })
      .default('')
      .describe('By which proxy http and https are asked ("http://proxy:3128"); the environment is not read')
      .meta({ secret: true }),
    noProxy: z
      .string()
      .max(4_000)
      .default('')
      .describe('Who is asked past the proxy, as NO_PROXY has it: addresses, ranges, domains'),
    resolvConfPath: z
      .string()
      .regex(/^\//)
      .default('/etc/resolv.conf')
      .describe('Where the resolv.conf of the node is, from its root: names are looked up as its programs do'),
  })
  .meta({ order: [['certificateLastDays', 'certificateDays']] })

export type Config = z.infer<typeof schema>
