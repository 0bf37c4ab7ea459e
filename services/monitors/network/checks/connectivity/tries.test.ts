/** Who is to blame for an endpoint that did not answer, and which tries say so. */
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createStopwatch, type Failure, type HttpAnswer, type Probed, probeHttp, type TlsAnswer } from '#probe'
import type { Door } from '../../probing/door.ts'
import { type Asked, failed, found, type Machine, said, startAnswered } from '../../probing/testing-answers.ts'
import { connectivity } from './check.ts'
import { schema } from './config.ts'

const CONF = { 'etc/resolv.conf': 'nameserver 10.0.0.53\n' }
const TCP = { url: 'tcp://h.example:1' }
const [UNREACHABLE, SLOW] = ['EndpointUnreachable', 'EndpointSlow'].map(
  (type) => `${type} endpoint:network-connectivity-check`,
)

function start(keys: object, machine: Partial<Machine<unknown>> = {}) {
  return startAnswered(connectivity, { files: CONF, ...machine, config: schema.parse(keys) })
}

const sample = { ms: 1, lateMs: 0 }
const yes = <Answer>(answer: Answer): Promise<Probed<Answer>> => Promise.resolve({ ok: true, sample, answer })
const no = (kind: Failure['kind']): Promise<Probed<never>> =>
  Promise.resolve({ ok: false, sample, failure: { kind, code: '', message: kind } })
/** Each address answers as it stands here; those that do not must not be asked. */
const places = (answers: Readonly<Record<string, Failure['kind'] | 'well'>>) => {
  const asked: string[] = []
  const probeTcp = (_: unknown, { address }: { address: string }) => {
    asked.push(address)
    const answer = answers[address]!
    return answer === 'well' ? yes({} as never) : no(answer)
  }
  return { asked, door: { probeTcp } }
}
const has =
  (v4: readonly string[], v6: readonly string[]) =>
  ({ type }: Asked) =>
    found(...(type === 'A' ? v4 : v6))

describe('a look-up', () => {
  it.each(['10.1.0.01', '10.1.0.256', ':::', 'fe80::1::2'])(
    'passes over a line of /etc/hosts whose address is none, as glibc does: %s',
    async (address) => {
      const { door } = places({ '10.1.0.1': 'well' })
      const files = { 'etc/hosts': `${address} h.example\n`, ...CONF }
      await using check = await start(TCP, { files, dns: has(['10.1.0.1'], []), door })
      expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    },
  )

  it('that was late accuses nobody', async () => {
    await using check = await start(TCP, { dns: () => failed('timeout', { lateMs: 1900 }) })
    expect(await check.rounds(2)).toContain(`healthy? ${UNREACHABLE} NotJudged`)
    expect(await check.run()).toMatchObject({
      metrics: [],
      findings: [{ health: 'unknown', reason: 'ProberLate' }, {}],
    })
  })

  it('that this machine may not make accuses nobody', async () => {
    await using check = await start(TCP, { dns: () => failed('denied') })
    expect(await check.rounds(2)).toContain(`unknown ${UNREACHABLE} CouldNotAsk`)
  })

  it('of a proxy that this machine cannot make accuses nobody', async () => {
    const keys = { url: 'http://h.example/', proxy: 'http://proxy.example:3128' }
    await using check = await start(keys, { files: {} })
    expect(await check.rounds(2)).toContain(`unknown ${UNREACHABLE} CouldNotAsk`)
  })

  it('of which one datagram was lost is made again', async () => {
    let count = 0
    const { door } = places({ '10.1.0.1': 'well' })
    const dns = ({ type }: Asked) => (count++ < 2 ? failed('timeout') : found(...(type === 'A' ? ['10.1.0.1'] : [])))
    await using check = await start(TCP, { dns, door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
  })

  it('that knows no address of IPv4 is not done while nobody has said anything of IPv6', async () => {
    let count = 0
    const { door } = places({ 'fd00::1': 'well' })
    const dns = ({ type }: Asked) =>
      type === 'A' ? said('NOERROR') : count++ === 0 ? failed('timeout') : found('fd00::1')
    await using check = await start(TCP, { dns, door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
  })

  it('of which the answer does not fit a datagram is made over TCP, once', async () => {
    const { door } = places({ '10.1.0.1': 'well' })
    const asked: string[] = []
    const dns = ({ type, protocol }: Asked) => {
      asked.push(`${type} ${protocol}`)
      if (protocol === 'tcp') return found('10.1.0.1')
      return said('NOERROR', { truncated: type === 'A' })
    }
    await using check = await start(TCP, { dns, door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    expect(asked).toEqual(['A udp', 'AAAA udp', 'A tcp'])
  })

  it('of which the answer does not fit a datagram goes on to the next nameserver where TCP fails', async () => {
    const { door } = places({ '10.1.0.1': 'well' })
    const files = { 'etc/resolv.conf': 'nameserver 10.0.0.1\nnameserver 10.0.0.2\n' }
    let isOther = true
    const dns = ({ server, protocol }: Asked) => {
      if (server === '10.0.0.2' && isOther) return found('10.1.0.1')
      return protocol === 'tcp'
        ? failed('refused', { message: 'connection refused' })
        : said('NOERROR', { truncated: true })
    }
    await using check = await start(TCP, { files, dns, door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    isOther = false
    expect(await check.problems(2)).toEqual([`${UNREACHABLE} warning NameNotFound`])
    expect((await check.run()).findings[0]?.message).toContain(
      'the answer of 10.0.0.1 for h.example. does not fit a datagram, and over TCP: connection refused',
    )
  })

  it('ends in time, whoever is silent, and asks for no more names then', async () => {
    const files = {
      'etc/resolv.conf': 'nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch a b c d e\n',
    }
    const asked: Asked[] = []
    const dns = (one: Asked) => {
      asked.push(one)
      return failed('timeout')
    }
    await using check = await start({ url: 'tcp://web:1' }, { files, dns })
    expect(await check.problems(2)).toEqual([`${UNREACHABLE} warning NameNotFound`])
    expect(new Set(asked.map(({ name }) => name))).toEqual(new Set(['web.a.']))
    // Both families at once, in two rounds.
    expect(asked.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0) / 4).toBeLessThanOrEqual(12_000)
  })

  it('goes past who was silent for one name also for the next', async () => {
    const files = { 'etc/resolv.conf': 'nameserver 10.0.0.1\nnameserver 10.0.0.2\nsearch a b c d e\n' }
    const { door } = places({ '10.1.0.1': 'well' })
    let silent = 0
    const dns = ({ server, name }: Asked) => {
      if (server === '10.0.0.2') return name === 'web.e.' ? found('10.1.0.1') : said('NXDOMAIN')
      silent++
      return failed('timeout')
    }
    await using check = await start({ url: 'tcp://web:1' }, { files, dns, door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    expect(silent).toBe(2)
  })

  it('does not say that a name is nowhere while /etc/hosts cannot be read', async () => {
    const files = { ...CONF, 'etc/hosts/a': '' }
    await using check = await start(TCP, { files, dns: () => said('NXDOMAIN') })
    expect(await check.rounds(2)).toContain(`unknown ${UNREACHABLE} CouldNotAsk`)
  })

  it('reads a large /etc/hosts', async () => {
    const lines = Array.from({ length: 40_000 }, (_, at) => `10.1.${at >> 8}.${at & 255} name${at}.example`)
    const files = { 'etc/hosts': lines.join('\n') }
    const probeTcp = () => yes({} as never)
    await using check = await start({ url: 'tcp://name39999.example:1' }, { files, door: { probeTcp } })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
  })
})

describe('of several addresses', () => {
  it('one of a family that this node does not have says nothing of the others', async () => {
    const dead = places({ '10.1.0.1': 'refused', 'fd00::1': 'local' })
    await using refused = await start(TCP, { dns: has(['10.1.0.1'], ['fd00::1']), door: dead.door })
    expect(await refused.problems(2)).toEqual([`${UNREACHABLE} warning ConnectionRefused`])
  })

  it.each([
    ['a node of IPv6 alone', { '10.1.0.1': 'unreachable', 'fd00::1': 'well' }, ['10.1.0.1', 'fd00::1']],
    [
      'a node of IPv4 alone',
      { '10.1.0.1': 'refused', 'fd00::1': 'local', '10.1.0.2': 'well' },
      ['10.1.0.1', 'fd00::1', '10.1.0.2'],
    ],
  ] as const)('%s finds the one that answers', async (_, answers, asked) => {
    const { door, asked: seen } = places(answers)
    await using check = await start(TCP, { dns: has(['10.1.0.1', '10.1.0.2'], ['fd00::1', 'fd00::2']), door })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    expect(seen).toEqual(asked)
  })

  it('nobody is accused while one might have answered', async () => {
    const probeTcp = (_: unknown, { address }: { address: string }): Promise<Probed<never>> =>
      address === '10.1.0.1' ? Promise.resolve(failed('timeout', { lateMs: 1900 }) as Probed<never>) : no('refused')
    const keys = { ...TCP, requestTimeoutMs: 2_000 }
    await using check = await start(keys, { dns: has(['10.1.0.1', '10.1.0.2'], []), door: { probeTcp } })
    expect(await check.problems(3)).toEqual([])
  })

  it('of none that answers it is not known how long it takes', async () => {
    const { door } = places({ '10.1.0.1': 'refused' })
    await using check = await start({ ...TCP, retries: 0 }, { dns: has(['10.1.0.1'], []), door })
    await check.rounds(3)
    expect((await check.run()).findings[1]?.message).toBe('how long it takes is not known: there was no answer')
  })

  it('none is tried more often than asked for', async () => {
    const { door, asked } = places({ '10.1.0.1': 'unreachable' })
    await using check = await start({ ...TCP, retries: 2 }, { dns: has(['10.1.0.1'], []), door })
    expect(await check.problems(2)).toEqual([`${UNREACHABLE} warning NoRoute`])
    expect(asked).toHaveLength(6)
  })
})

const http = (status: number, url: string) => ({ status, url, tls: undefined }) as unknown as HttpAnswer

describe('a node of IPv6 alone', () => {
  /** As a real request goes: where the first leads to the second there is another look-up. */
  const asked: string[] = []
  const probeHttp: Door['probeHttp'] = async (ask, { url, route, follow }) => {
    let last = route
    if (follow !== undefined && url.hostname === 'h.example') {
      last = await follow(new URL('http://next.example/'), ask.signal ?? new AbortController().signal)
    }
    if (!('place' in last)) return no('local')
    asked.push(last.place.address)
    return last.place.address.includes(':') ? yes(http(200, url.href)) : no('unreachable')
  }
  const dns = ({ name, type }: Asked) => {
    if (type === 'AAAA') return found(name === 'h.example.' ? 'fd00::1' : 'fd00::2')
    return name === 'h.example.' ? said('NOERROR') : found('10.1.0.2')
  }

  it.each([
    ['what it is sent to', { followRedirects: true }, ['fd00::2']],
    ['a proxy', { proxy: 'http://proxy.example:3128' }, ['10.1.0.2', 'fd00::2']],
  ])('finds the address of %s that answers', async (_, keys, addresses) => {
    asked.length = 0
    await using check = await start({ url: 'http://h.example/', retries: 0, ...keys }, { dns, door: { probeHttp } })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    expect(asked).toEqual(addresses)
  })

  it('tries another address of what it is sent to at the next try', async () => {
    asked.length = 0
    const hosts = { 'etc/hosts': '10.9.9.9 h.example\n', ...CONF }
    const keys = { url: 'http://h.example/', retries: 1, followRedirects: true }
    await using check = await start(keys, { files: hosts, dns, door: { probeHttp } })
    expect(await check.rounds(1)).toContain(`healthy ${UNREACHABLE} Answers`)
    expect(asked).toEqual(['10.1.0.2', 'fd00::2'])
  })
})

describe('whoever may be anybody', () => {
  it('is asked, and not told who we are', async () => {
    const clock = systemClock()
    const [told, real]: [unknown[], typeof probeHttp] = [
      [],
      (ask, question) => {
        told.push([question.url.href, question.headers])
        return probeHttp({ ...ask, clock, stopwatch: createStopwatch(clock) }, question)
      },
    ]
    const headers = { Authorization: 'Bearer x', 'X-Api-Key': 'y', Accept: 'text/plain' }
    const keys = { url: 'https://u:p@127.0.0.1:1/', verifyCertificate: false, headers, retries: 0 }
    await using check = await start(keys, { door: { probeHttp: real } })
    expect(await check.problems(2)).toEqual([`${UNREACHABLE} warning ConnectionRefused`])
    expect(told[0]).toEqual(['https://127.0.0.1:1/', { Accept: 'text/plain' }])
  })

  it('is said to have been told nothing where that may be why', async () => {
    const keys = { url: 'https://10.1.0.1/', verifyCertificate: false, headers: { authorization: 'x' }, retries: 0 }
    await using check = await start(keys, { door: { probeHttp: () => yes(http(401, 'https://10.1.0.1/')) } })
    expect((await check.run()).findings[0]?.message).toContain(
      '401 from https://10.1.0.1/, and 200 is expected; nobody was told who we are, since verifyCertificate is false',
    )
  })

  it('may show a certificate that is over', async () => {
    const chain = [{ subject: 's', notAfter: new Date('2020-01-01') }]
    const verification = { verified: false, faults: [{ kind: 'expired', code: '', message: 'it is over' }] }
    const answer = { chain, verification } as unknown as TlsAnswer
    const keys = { url: 'tls://10.1.0.1:1', verifyCertificate: false }
    await using check = await start(keys, { door: { probeTls: () => yes(answer) } })
    expect(await check.rounds(1)).toEqual([
      `healthy ${UNREACHABLE} Answers`,
      `healthy ${SLOW} AnswersFast`,
      'problem EndpointCertificateExpiring endpoint:network-connectivity-check critical Expired',
    ])
  })
})

describe('a redirection', () => {
  const keys = { url: 'http://10.1.0.1/', followRedirects: true, retries: 0, authoritiesPath: '/ca.pem' }

  it('to https is held against the authorities that are named', async () => {
    const files = { ...CONF, 'ca.pem': 'none' }
    const next = new URL('https://10.1.0.2/')
    const probeHttp = async (_: unknown, { follow }: { follow?: unknown }) => {
      await (follow as (url: URL, signal: AbortSignal) => Promise<unknown>)(next, new AbortController().signal)
      return yes(http(200, next.href))
    }
    await using check = await start(keys, { files, door: { probeHttp } })
    expect(await check.rounds(1)).toContain(`unknown ${UNREACHABLE} CouldNotAsk`)
  })

  it('is looked up for no longer than the answer is waited for', async () => {
    const stop = new AbortController()
    const hangs = Promise.withResolvers<never>()
    const door = {
      askNameserver: () => hangs.promise,
      async probeHttp(_: unknown, { follow }: { follow?: unknown }) {
        const following = (follow as (url: URL, signal: AbortSignal) => Promise<unknown>)(
          new URL('http://h.example/'),
          stop.signal,
        )
        stop.abort(new Error('too late'))
        await expect(following).rejects.toThrow('too late')
        return no('timeout')
      },
    }
    await using check = await start(keys, { door })
    expect(await check.rounds(1)).toContain(`healthy? ${UNREACHABLE} NotSustainedYet`)
  })
})

it('tells of an endpoint that is called as another one', async () => {
  const endpoints = ['1', '2'].map((x) => ({ url: `http://10.1.0.1/a?x=${x}` }))
  await using check = await start({ endpoints }, { door: { probeHttp: () => yes(http(200, '')) } })
  expect((await check.run()).incomplete).toBe(
    'endpoint 2 is called http://10.1.0.1/a as another one is, so it is not asked; give it a name of its own',
  )
})

it('waits for one answer no longer than a run may last', async () => {
  const waits: number[] = []
  const probeTcp = ({ timeoutMs }: { timeoutMs: number }) => {
    waits.push(timeoutMs)
    return no('timeout')
  }
  await using check = await start({ url: 'tcp://10.1.0.1:1', retries: 5 }, { door: { probeTcp }, timeoutMs: 4_000 })
  await check.run()
  expect(Math.max(...waits)).toBeLessThan(2_000)
})
