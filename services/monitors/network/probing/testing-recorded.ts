/** Answers of others that stand in a file, for fixtures: nobody is asked. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHost } from '#host'
import type { Ask, DnsAnswer, Failure, HttpAnswer, Probed, TlsAnswer } from '#probe'
import type { Door } from './door.ts'

/** What stands in `asked.json` for one question: an answer, or why there is none. */
interface Recorded {
  readonly ms?: number
  readonly lateMs?: number
  readonly answer?: unknown
  readonly failure?: Partial<Failure>
}

const NOBODY: Failure = { kind: 'local', code: '', message: 'nobody has recorded an answer to that' }

async function recordedIn(root: string): Promise<Readonly<Record<string, Recorded>>> {
  try {
    const text = await readFile(join(root, 'asked.json'), 'utf8')
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, Recorded>) : {}
  } catch {
    // A test of hostile files writes anything there.
    return {}
  }
}

function dnsAnswer(said: unknown, protocol: 'udp' | 'tcp'): DnsAnswer {
  const own: Partial<DnsAnswer> = typeof said === 'object' && said !== null ? said : {}
  const fixed = { truncated: false, authoritative: false, recursionAvailable: true, sizeBytes: 60, edns: true }
  return { rcode: 'NOERROR', records: [], addresses: [], aliases: [], ...fixed, protocol, ...own }
}

/**
 * The door of a fixture: `asked.json` has what is answered, by the question ("dns 10.0.0.53 udp db.example. A", "tcp 10.0.0.1:443",
 * "http GET http://x/" with `following` and the names of headers behind it, "ping 10.0.0.1", "ntp 10.0.0.9:123"), or by its beginning and a `*`. What does not stand there could not be asked.
 * Own files are those below `own`.
 */
export function recordedDoor(root: string): Door {
  async function answered<Answer>(
    ask: Ask,
    question: string,
    read: (said: unknown) => Answer,
  ): Promise<Probed<Answer>> {
    ask.signal.throwIfAborted()
    const all = await recordedIn(root)
    const beginnings = question.split(' ').map((_, at, words) => `${words.slice(0, at).join(' ')} *`.trim())
    const found = [question, ...beginnings.toReversed()].map((key) => all[key]).find((one) => one !== undefined)
    const sample = { ms: found?.ms ?? 1, lateMs: found?.lateMs ?? 0 }
    if (found?.answer !== undefined && sample.ms > ask.timeoutMs) {
      const message = `no answer within ${ask.timeoutMs} ms to ${question}`
      return { ok: false, sample: { ...sample, ms: ask.timeoutMs }, failure: { kind: 'timeout', code: '', message } }
    }
    if (found?.answer !== undefined) return { ok: true, sample, answer: read(found.answer) }
    return { ok: false, sample, failure: { ...NOBODY, ...found?.failure } }
  }
  return {
    async askNameserver(ask, { address }, protocol, { name, type }) {
      const question = `dns ${address} ${protocol} ${name} ${type}`
      return { ...(await answered(ask, question, (said) => dnsAnswer(said, protocol))), strangers: 0 }
    },
    probeTcp: (ask, { address, port }) => answered(ask, `tcp ${address}:${port}`, (said) => said as never),
    probeTls: (ask, { place }) => answered(ask, `tls ${place.address}:${place.port}`, revived<TlsAnswer>),
    probeHttp(ask, { method, url, follow, headers = {} }) {
      const more = [...(follow === undefined ? [] : ['following']), ...Object.keys(headers)]
      return answered(ask, ['http', method, url.href, ...more].join(' '), revived<HttpAnswer>)
    },
    probePing: (ask, _, { address }) => answered(ask, `ping ${address}`, (said) => said as never),
    probeNtp: (ask, { address, port }) => answered(ask, `ntp ${address}:${port}`, (said) => said as never),
    ownFiles: createHost({ root: join(root, 'own') }).files,
  }
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** Times are texts in JSON. */
function revived<Answer>(said: unknown): Answer {
  return JSON.parse(JSON.stringify(said), (_, value: unknown) =>
    typeof value === 'string' && TIME.test(value) ? new Date(value) : value,
  ) as Answer
}
