/** Keys of `monitors[].config` of a `network-dns-check`. Not loaded at run time: the catalogue has it. */
import { z } from 'zod'

/** Labels of 1 to 63 bytes, as `absoluteName` of libs/probe takes them. */
const NAME = /^(?:[!-\-/-[\]-~]{1,63}\.)*[!-\-/-[\]-~]{1,63}\.?$/

/** With its last dot (RFC 1035, 2.3.4). */
const NAME_MAX = 254

const name = z.strictObject({
  name: z
    .string()
    .max(NAME_MAX)
    .regex(NAME)
    .meta({ what: 'a name of labels of 1 to 63 characters', sample: 'registry.example.org' })
    .describe('The name to ask for, absolute with its last dot or without; no search path is added'),
  type: z
    .enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'])
    .default('A')
    .describe('Of which type a record is to come'),
  at: z
    .enum(['node', 'cluster'])
    .default('node')
    .describe('Whose nameservers are asked: those of the node, or those of the cluster'),
  sameAnswers: z
    .boolean()
    .default(false)
    .describe('Whether all nameservers are to answer the same; not of names that answer in turn or by place'),
})

export const schema = z.strictObject({
  names: z
    .array(name)
    .max(32)
    .default([])
    .describe(
      'Names that must have an answer; of the same name and type the first counts. Without any no outside name is asked for',
    ),
  searchName: z
    .string()
    .max(NAME_MAX)
    .regex(new RegExp(`^$|${NAME.source}`))
    .meta({ what: 'a name of labels of 1 to 63 characters, or ""', sample: 'db' })
    .default('')
    .describe(
      'A name as programs of the node write it ("db"), looked up over the search path of the node; "" for none',
    ),
  cluster: z
    .enum(['auto', 'none'])
    .default('auto')
    .describe('Whether the nameservers of the cluster are asked, where this process has them in its own resolv.conf'),
  resolvConfPath: z
    .string()
    .regex(/^\//)
    .default('/etc/resolv.conf')
    .describe('Where the resolv.conf of the node is, from its root'),
  tcp: z.boolean().default(true).describe('Whether nameservers are asked over TCP too, as large answers need it'),
  queryTimeoutMs: z
    .int()
    .min(100)
    .max(4_000)
    .default(2_000)
    .describe(
      'Milliseconds that one answer is waited for, less where a run would not end in time; over UDP it is asked twice',
    ),
  latencyWarningMs: z
    .number()
    .min(1)
    .max(4_000)
    .default(1_000)
    .describe('Milliseconds that a nameserver takes to answer from which on it is slow'),
  searchWarningMs: z
    .number()
    .min(1)
    .max(60_000)
    .default(1_000)
    .describe('Milliseconds that a look-up over the whole search path takes from which on it is slow'),
  sustainedChecks: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Checks in a row that find it silent, slow, failing or differing before that is a problem'),
  windowSize: z
    .int()
    .min(5)
    .max(1_000)
    .default(20)
    .describe('How many of the last questions to a nameserver are held together for its success rate, of whole rounds'),
  failureRatio: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.3)
    .describe(
      'The part of the last questions without an answer from which on a nameserver answers only partly; 1 judges none',
    ),
})

export type Config = z.infer<typeof schema>
