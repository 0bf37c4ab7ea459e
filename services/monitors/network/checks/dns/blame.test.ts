/** Who is to blame, where that is not plain: each nameserver answers as the test says. */
import { describe, expect, it } from 'vitest'
import type { Probed } from '#probe'
import type { Door } from '../../probing/door.ts'
import { type Asked, failed, found, said, startAnswered } from '../../probing/testing-answers.ts'
import { dns } from './check.ts'
import { schema } from './config.ts'

const [ONE, TWO] = ['10.0.0.1', '10.0.0.2']
const BOTH = `nameserver ${ONE}\nnameserver ${TWO}\n`
const NAMES = ['a', 'b', 'c'].map((name) => ({ name: `${name}.example` }))
const ALIVE = found('127.0.0.1')
const isAlive = ({ name }: Asked) => name === 'localhost.'

/** @param keys of the configuration */
function start(
  files: Readonly<Record<string, string>>,
  answer: (asked: Asked) => ReturnType<typeof found>,
  keys: object = {},
  timeoutMs = 25_000,
) {
  return startAnswered(dns, { files, config: schema.parse(keys), dns: answer, timeoutMs })
}
const over = (resolvConf: string, answer: (asked: Asked) => ReturnType<typeof found>, keys: object = {}) =>
  start({ 'etc/resolv.conf': resolvConf }, answer, keys)

describe('DNS as a whole', () => {
  it('is to blame where nobody answers over UDP, though over TCP they do', async () => {
    await using check = await over(BOTH, ({ protocol }) => (protocol === 'udp' ? failed('timeout') : ALIVE))
    expect(await check.problems(2)).toEqual(['NodeDNSDown critical NoAnswer'])
    const { findings } = await check.run()
    expect(findings[0]?.message).toBe(
      'no nameserver of the node answers over UDP, as programs ask, though over TCP there are answers: timeout; see what drops UDP to port 53',
    )
  })

  it('answers over TCP where programs ask over that', async () => {
    const answer = ({ protocol }: Asked) => (protocol === 'udp' ? failed('timeout') : ALIVE)
    await using check = await over(`${BOTH}options use-vc\n`, answer)
    expect(await check.rounds(2)).toContain('healthy NodeDNSDown NodeDNSAnswers')
  })

  it('is down where one is silent and the other of a kind that this machine has no addresses of', async () => {
    const code = { code: 'EADDRNOTAVAIL' }
    const answer = ({ server }: Asked) => (server === ONE ? failed('timeout') : failed('local', code))
    await using check = await over(`nameserver fd00::1\nnameserver ${ONE}\n`, answer)
    expect(await check.problems(2)).toEqual(['NodeDNSDown critical NoAnswer'])
    await using well = await over(`nameserver fd00::1\nnameserver ${ONE}\n`, ({ server }) =>
      server === ONE ? ALIVE : failed('local', code),
    )
    expect(await well.rounds(4)).toEqual([
      'healthy NodeDNSDown NodeDNSAnswers',
      `healthy DNSServerUnhealthy dns:${ONE} Answers`,
    ])
  })

  it('is not said to answer by a round in which nobody did', async () => {
    let isLate = false
    await using check = await over(BOTH, ({ server }) =>
      failed('timeout', { lateMs: isLate && server === ONE ? 1900 : 0 }),
    )
    expect(await check.problems(2)).toEqual(['NodeDNSDown critical NoAnswer'])
    isLate = true
    expect(await check.rounds(2)).toContain('healthy? NodeDNSDown NotJudged')
  })

  it('is not to blame that one finds nothing out while nobody knows what the other would have said', async () => {
    const answer = (rcode: string) => (asked: Asked) =>
      isAlive(asked) ? ALIVE : asked.server === ONE ? failed('timeout', { lateMs: 1900 }) : said(rcode)
    await using fails = await over(BOTH, answer('SERVFAIL'), { names: NAMES })
    expect(await fails.problems(4)).toEqual([])
    await using none = await over(BOTH, answer('NXDOMAIN'), { names: NAMES.slice(0, 1) })
    expect(await none.problems(4)).toEqual([])
  })

  it('is one problem where one refuses what the other does not find out', async () => {
    const answer = (asked: Asked) => (isAlive(asked) ? ALIVE : said(asked.server === ONE ? 'REFUSED' : 'SERVFAIL'))
    await using check = await over(BOTH, answer, { names: NAMES })
    expect(await check.problems(3)).toEqual(['NodeDNSDown critical ResolvesNothing'])
  })
})

it('a machine without a resolv.conf has nothing to watch, unless it had one', async () => {
  await using none = await start({}, () => ALIVE)
  expect(await none.run()).toMatchObject({ findings: [], partial: false })
  await using gone = await over(`nameserver ${ONE}\n`, () => ALIVE)
  await gone.run()
  await gone.hide('etc/resolv.conf')
  expect(await gone.rounds(1)).toContain('unknown NodeDNSDown ResolvConfMissing')
})

describe('a resolv.conf that is a link which leads nowhere', () => {
  const STUB = '../run/systemd/resolve/stub-resolv.conf'

  it('is a warning from the start of a boot, and gone with what it leads to', async () => {
    await using check = await start({ 'etc/hostname': 'n\n', 'run/utmp': '\n' }, () => ALIVE)
    await check.link('etc/resolv.conf', STUB)
    expect(await check.rounds(1)).toEqual(['healthy? NodeDNSDown NotSustainedYet'])
    expect(await check.rounds(1)).toEqual(['problem NodeDNSDown warning ResolvConfDangling'])
    expect((await check.run()).findings[0]?.message).toBe(
      `/etc/resolv.conf is a link that leads nowhere (${STUB}): programs ask 127.0.0.1 alone; see whether systemd-resolved runs`,
    )
    await check.hide('etc/resolv.conf')
    await check.link('etc/resolv.conf', '../run/utmp')
    expect(await check.rounds(1)).toEqual([])
  })

  it('is critical where somebody was named before', async () => {
    await using check = await over(`nameserver ${ONE}\n`, () => ALIVE)
    await check.run()
    await check.hide('etc/resolv.conf')
    await check.link('etc/resolv.conf', '/etc/none')
    expect(await check.problems(3)).toEqual(['NodeDNSDown critical ResolvConfDangling'])
    expect(await check.rounds(1)).toContain(`unknown DNSServerUnhealthy dns:${ONE} ResolvConfDangling`)
  })

  it('is not known where nothing is seen of the folder that it leads into', async () => {
    await using check = await start({ 'etc/hostname': 'n\n' }, () => ALIVE)
    await check.link('etc/resolv.conf', STUB)
    expect(await check.rounds(4)).toContain('unknown NodeDNSDown ResolvConfUnreadable')
  })
})

describe('a nameserver', () => {
  it('of one bad round is not told once that is over, however many names it was asked for', async () => {
    let isBad = false
    const names = Array.from({ length: 9 }, (_, at) => ({ name: `n${at}.example` }))
    const answer = (asked: Asked) => (isBad && asked.server === ONE && !isAlive(asked) ? said('SERVFAIL') : ALIVE)
    await using check = await over(BOTH, answer, { names })
    await check.run()
    isBad = true
    await check.run()
    isBad = false
    expect(await check.problems()).toEqual([])
    expect(await check.problems()).toEqual([])
  })

  it('is not said to take longer and longer by what this process was late', async () => {
    let isLate = false
    await using check = await over(`nameserver ${ONE}\n`, () =>
      said('NOERROR', { addresses: ['127.0.0.1'], ...(isLate ? { ms: 200, lateMs: 199 } : { ms: 1, lateMs: 0.5 }) }),
    )
    await check.rounds(60)
    isLate = true
    const events = []
    for (let round = 0; round < 20; round++) events.push(...((await check.run()).events ?? []))
    expect(events).toEqual([])
  })

  it('behind a stub that may be asked by TLS is not known, and neither is DNS', async () => {
    const files = {
      'etc/resolv.conf': 'nameserver 127.0.0.53\n',
      'run/systemd/resolve/resolv.conf': `nameserver ${ONE}\n`,
    }
    let isByTls = true
    const asked: unknown[] = []
    const probeTcp: Door['probeTcp'] = async (_, place) => {
      asked.push(place)
      return isByTls
        ? { ok: true, sample: { ms: 1, lateMs: 0 }, answer: {} as never }
        : (failed('refused') as Probed<never>)
    }
    const answer = ({ server }: Asked) => (server === ONE ? failed('timeout') : ALIVE)
    await using check = await startAnswered(dns, { files, config: schema.parse({}), dns: answer, door: { probeTcp } })
    expect(await check.rounds(3)).toEqual([
      'unknown NodeDNSDown MayAnswerByTLS',
      'healthy DNSServerUnhealthy dns:127.0.0.53 Answers',
      `unknown DNSServerUnhealthy dns:${ONE} MayAnswerByTLS`,
    ])
    expect(asked[0]).toEqual({ address: ONE, port: 853 })
    isByTls = false
    expect(await check.problems(2)).toEqual(['NodeDNSDown critical NoAnswer'])
    expect((await check.run()).findings[0]?.message).toBe(
      'nobody behind 127.0.0.53 answers: timeout; see the way to them, and that they run',
    )
    isByTls = true
    expect(await check.rounds(4)).toContain('unknown NodeDNSDown MayAnswerByTLS')
  })

  it.each([
    ['a name is answered', ['a'], [], 'healthy NodeDNSDown NodeDNSAnswers'],
    ['the one name is not', ['a'], ['a'], 'unknown NodeDNSDown MayAnswerByTLS'],
    ['one of two names is', ['a', 'b'], ['b'], 'healthy NodeDNSDown NodeDNSAnswers'],
    ['none of two names is', ['a', 'b'], ['a', 'b'], 'problem NodeDNSDown critical ResolvesNothing'],
  ])(
    'behind a stub that may be asked by TLS is as good as what the stub finds out: %s',
    async (_, names, lost, told) => {
      const files = {
        'etc/resolv.conf': 'nameserver 127.0.0.53\n',
        'run/systemd/resolve/resolv.conf': `nameserver ${ONE}\n`,
      }
      const probeTcp = async () => ({ ok: true, sample: { ms: 1, lateMs: 0 }, answer: {} as never }) as const
      const answer = ({ server, name }: Asked) => {
        if (server === ONE) return failed('timeout')
        return lost.some((one) => name === `${one}.`) ? said('SERVFAIL') : ALIVE
      }
      const config = schema.parse({ names: names.map((name) => ({ name })) })
      await using check = await startAnswered(dns, { files, config, dns: answer, door: { probeTcp } })
      expect(await check.rounds(3)).toContain(told)
    },
  )

  it('behind a stub is not known while nobody can read who that is, and its problem stays', async () => {
    const files = {
      'etc/resolv.conf': 'nameserver 127.0.0.53\n',
      'run/systemd/resolve/resolv.conf': `nameserver ${ONE}\nnameserver ${TWO}\n`,
    }
    let isDead = false
    const probeTcp = async () => failed('refused') as Probed<never>
    const answer = ({ server }: Asked) => (server === TWO && isDead ? failed('timeout') : ALIVE)
    await using check = await startAnswered(dns, { files, config: schema.parse({}), dns: answer, door: { probeTcp } })
    await check.run()
    isDead = true
    expect(await check.problems(2)).toEqual([`DNSServerUnhealthy dns:${TWO} warning NoAnswer`])
    await check.hide('run/systemd/resolve/resolv.conf')
    expect(await check.rounds(1)).toContain(`unknown DNSServerUnhealthy dns:${TWO} ResolvConfUnreadable`)
    expect(await check.run()).toMatchObject({ partial: true, withdrawn: [] })
  })

  it('has no number while nobody can say whether it answers', async () => {
    await using check = await over(`nameserver ${ONE}\n`, () => failed('timeout', { lateMs: 1900 }))
    expect((await check.run()).metrics).toEqual([])
  })
})

describe('a name', () => {
  it('of a cluster of IPv6 has addresses of IPv6', async () => {
    const name = 'kubernetes.default.svc.cluster.local.'
    const own = 'nameserver fd00::a\nsearch d.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n'
    const asked: string[] = []
    await using check = await start({ 'etc/resolv.conf': '', 'own/etc/resolv.conf': own }, (one) => {
      asked.push(`${one.name} ${one.type}`)
      if (one.name !== name) return said('NXDOMAIN')
      return one.type === 'AAAA' ? found('fd00::1') : said('NOERROR')
    })
    expect((await check.rounds(3)).filter((one) => !one.startsWith('healthy '))).toEqual([])
    expect(asked).toContain(`${name} AAAA`)
  })

  it('is asked for of a cluster where the search path is a pod’s, and not where a domain begins with svc', async () => {
    const files = {
      'etc/resolv.conf': `nameserver ${ONE}\n`,
      'own/etc/resolv.conf': `nameserver ${ONE}\nsearch svc.corp.example corp.example\n`,
    }
    const asked = new Set<string>()
    await using check = await start(files, ({ name }) => {
      asked.add(name)
      return ALIVE
    })
    await check.run()
    expect([...asked]).toEqual(['localhost.'])
  })

  it('of which answers differed is not said to be answered alike by one alone', async () => {
    let isDead = false
    const keys = { names: [{ name: 'a.example', sameAnswers: true }] }
    const answer = (asked: Asked) => {
      if (asked.server === TWO && isDead) return failed('timeout')
      return isAlive(asked) ? ALIVE : found(asked.server === ONE ? '10.1.0.1' : '10.1.0.2')
    }
    await using check = await over(BOTH, answer, keys)
    expect(await check.problems(2)).toEqual(['DNSAnswersDiffer name:a.example warning AnswersDiffer'])
    isDead = true
    expect(await check.rounds(2)).toContain('healthy? DNSAnswersDiffer name:a.example NotJudged')
  })

  it('whose record does not fit a datagram is there', async () => {
    const keys = { tcp: false, names: [{ name: 'large.example', type: 'TXT', sameAnswers: true }] }
    const answer = (asked: Asked) =>
      isAlive(asked) ? ALIVE : said('NOERROR', { truncated: true, ...(asked.server === ONE && { records: [] }) })
    await using check = await over(BOTH, answer, keys)
    expect(await check.problems(3)).toEqual([])
  })

  it('that cannot be asked for is refused by the schema', () => {
    const names = ['db', 'db.example.', '_ldap._tcp.corp', 'a'.repeat(63), '.', 'a..b', '.a', 'a'.repeat(64), 'a\\b']
    expect(names.filter((name) => schema.safeParse({ names: [{ name }] }).success)).toEqual(names.slice(0, 4))
  })
})

describe('a look-up over the search path', () => {
  it('is not known for one round in which this process was late, and no nameserver is called ill for it', async () => {
    let isLate = false
    const answer = () => (isLate ? failed('timeout', { lateMs: 1900 }) : ALIVE)
    await using check = await over(`nameserver ${ONE}\nsearch corp.example\n`, answer, { searchName: 'db' })
    await check.run()
    isLate = true
    expect((await check.rounds(1)).at(-1)).toBe('healthy? DNSSearchSlow NotJudged')
  })
})

describe('a round', () => {
  it.each([
    [25_000, 32, 4_000],
    [25_000, 0, 4_000],
    [4_000, 3, 2_000],
  ])('of at most %i ms and %i names ends in time, whoever is silent', async (timeoutMs, count, queryTimeoutMs) => {
    const names = Array.from({ length: count }, (_, at) => ({ name: `n${at}.example` }))
    const waits = new Map<string, number>()
    // Silent to all but whether it is there: what it waits for one after the other, eight at a time.
    const answer = (one: Asked) => {
      waits.set(one.protocol, (waits.get(one.protocol) ?? 0) + (isAlive(one) ? 0 : one.timeoutMs))
      return isAlive(one) ? ALIVE : failed('timeout')
    }
    await using check = await start(
      { 'etc/resolv.conf': `nameserver ${ONE}\n` },
      answer,
      { names, queryTimeoutMs },
      timeoutMs,
    )
    await check.run()
    const longest = Math.max(...waits.values()) / Math.min(8, Math.max(1, count))
    expect(longest).toBeLessThan(timeoutMs * 0.8)
  })
})
