import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '#monitor-kit'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { createTrust, type HttpQuestion, type Probed } from '#probe'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { doorOf } from '../../probing/door.ts'
import { sharedOver } from '../../testing-shared.ts'
import { type AskedPeer, askPeers } from './asking.ts'
import { peers } from './check.ts'
import { schema } from './config.ts'
import { evaluatePeers } from './evaluate.ts'
import { clearPeers, FIRST_PEERS, type PeersMemory } from './memory.ts'
import { drawnOf, drawPeers, type Peer, peersIn, peersOf } from './peer.ts'

async function over(name: string) {
  const folder = fixture(import.meta.url, name)
  const config = schema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')))
  return startFixture(peers, { folder, config, sharedOver })
}
const problems = (findings: readonly Finding[]) =>
  findings
    .filter(({ health }) => health === 'problem')
    .map(({ type, entity, severity, reason }) => `${type} ${entity} ${severity} ${reason}`)

describe('peers', () => {
  it.each([
    ['well-list', ['PeersUnreachable path:node', 'PathMTUBroken path:node', 'PeersSlow zone:none']],
    [
      'well-slices',
      [
        'PeersUnreachable path:node',
        'PathMTUBroken path:node',
        'PeersUnreachable path:pod',
        'PathMTUBroken path:pod',
        'PeersSlow zone:a',
        'PeersSlow zone:b',
      ],
    ],
  ])('answer by each path that is named, and nobody asks itself: %s', async (name, expected) => {
    await using check = await over(name)
    const { findings } = await check.run()
    expect(findings.map(({ type, entity, health }) => (health === 'healthy' ? `${type} ${entity}` : health))).toEqual(
      expected,
    )
    expect(findingOf({ findings }, 'PeersUnreachable', 'path:node').message).toBe('5 of 5 nodes answer')
  })

  it.each([
    ['well-one-silent', []],
    ['sick-few', ['PeersUnreachable path:node warning FewAnswer']],
    ['sick-cut-off', ['PeersUnreachable path:node critical NobodyAnswers']],
    ['sick-mtu-pod', ['PathMTUBroken path:pod warning LargeAnswersHang']],
    ['sick-mtu-node', ['PathMTUBroken path:node warning LargeAnswersHang']],
    ['sick-slow-zone', ['PeersSlow zone:b warning AboveWarningLimit']],
    ['late-prober', []],
  ])('raise by two draws what is wrong, and nothing else: %s', async (name, expected) => {
    await using check = await over(name)
    expect(problems((await check.run()).findings)).toEqual([])
    expect(problems((await check.run()).findings)).toEqual(expected)
  })

  it('say what to act on', async () => {
    await using check = await over('sick-few')
    await check.run()
    const { findings } = await check.run()
    expect(findingOf({ findings }, 'PeersUnreachable', 'path:node').message).toMatch(
      /^2 of 5 nodes answer, 10\.0\.0\.\d, 10\.0\.0\.\d and 1 more not; no answer from 10\.0\.0\.\d:10250 within 3000 ms; so it was in another draw before: see its link, its routes and firewalls$/,
    )
  })

  it('without a token are not known, with what to mount', async () => {
    await using check = await over('hostile-no-token')
    const { findings } = await check.run()
    expect(findings.map(({ type, entity, health, reason }) => `${type} ${entity} ${health} ${reason}`)).toEqual(
      ['node', 'pod'].flatMap((path) =>
        ['PeersUnreachable', 'PathMTUBroken'].map((type) => `${type} path:${path} unknown NoCredentials`),
      ),
    )
    expect(findings[0]?.message).toBe(
      'who the peers are is not known: /var/run/secrets/kubernetes.io/serviceaccount/token: ENOENT; mount the token of an account that may get and list EndpointSlices at /var/run/secrets/kubernetes.io/serviceaccount of the container network, read-only (kustomize: component peers; Helm: network.peers=true)',
    )
  })

  it('of a list are asked also where those of slices are not known, which is told', async () => {
    const folder = fixture(import.meta.url, 'well-list')
    const config = schema.parse({ peers: ['10.0.0.2', '10.0.0.3'], slices: ['peers'] })
    await using check = await startFixture(peers, { folder, config, sharedOver })
    const { findings, incomplete } = await check.run()
    expect(findingOf({ findings }, 'PeersUnreachable', 'path:node').message).toBe('2 of 2 nodes answer')
    expect(incomplete).toMatch(/^who the peers are is not known: .*mount the token/)
  })

  it('that nobody named are not asked, which is told', async () => {
    const folder = fixture(import.meta.url, 'well-list')
    await using check = await startFixture(peers, { folder, config: schema.parse({}), sharedOver })
    const { findings, incomplete } = await check.run()
    expect([findings, incomplete]).toEqual([[], expect.stringContaining('names no peers')])
  })
})

const config = schema.parse({ peers: ['10.0.0.9'] })
type Small = 'answers' | 'silent' | 'late' | 'own'
type Large = AskedPeer['large']

function asked(address: string, small: Small, large: Large = 'unknown', ms = 1): AskedPeer {
  const peer = { address, port: 1, zone: '' }
  const isThere = small === 'answers'
  return {
    peer,
    sample: { ms: isThere ? ms : 3000, lateMs: small === 'late' ? 2000 : 0 },
    small: isThere || small === 'silent' ? small : 'unjudged',
    isTimed: isThere,
    large: isThere ? large : 'unknown',
    message: isThere ? '' : small,
    isOwnFault: small === 'own',
  }
}
function said(rounds: readonly (readonly AskedPeer[])[], keys = config, stale = false): readonly Finding[] {
  let memory: PeersMemory = FIRST_PEERS
  let findings: readonly Finding[] = []
  for (const all of rounds) {
    const why = stale ? unobserved('APIServerUnreachable', 'it is old') : undefined
    const round = observed({ path: 'node' as const, asked: all, known: 9, zones: [''], stale: why })
    ;({ memory, findings } = evaluatePeers([{ path: 'node', round }], keys, memory))
  }
  return findings
}
const reach = (findings: readonly Finding[]) => findings.find(({ type }) => type === 'PeersUnreachable')
const draw = (...smalls: readonly Small[]) => smalls.map((small, at) => asked(`10.0.0.${at}`, small))
const HALF = draw('answers', 'silent', 'answers', 'silent')
const WELL = draw('answers', 'answers', 'answers', 'answers')

describe('draws', () => {
  it('raise nothing for one peer that is silent, however often it is drawn', () => {
    const findings = said(Array.from({ length: 9 }, () => draw('answers', 'silent')))
    expect(problems(findings)).toEqual([])
    expect(reach(findings)).toMatchObject({ pending: true, reason: 'OnePeerAlone' })
  })

  it('have to go badly twice, one after the other', () => {
    expect(problems(said([HALF]))).toEqual([])
    expect(problems(said([HALF, WELL, HALF]))).toEqual([])
    expect(problems(said([HALF, HALF]))).toEqual(['PeersUnreachable path:node warning FewAnswer'])
  })

  it('accuse nobody where this process was late, or could not ask', () => {
    expect(problems(said([draw('late', 'late'), draw('late', 'late')]))).toEqual([])
    expect(reach(said(Array.from({ length: 3 }, () => draw('late', 'late', 'silent'))))?.reason).toBe('ProberLate')
    expect(reach(said([draw('own', 'own')]))).toMatchObject({ health: 'unknown', reason: 'CouldNotAsk' })
  })

  it('say nothing by a list that is old, unless nobody answers at all', () => {
    expect(problems(said([HALF, HALF], config, true))).toEqual([])
    expect(reach(said([HALF, HALF, HALF], config, true))?.reason).toBe('CouldNotAsk')
    const none = draw('silent', 'silent')
    expect(problems(said([none, none], config, true))).toEqual(['PeersUnreachable path:node critical NobodyAnswers'])
  })

  it('prove nothing over by less than 80 %, whatever share is demanded', () => {
    const keys = schema.parse({ peers: ['10.0.0.9'], minReachablePeers: 50 })
    const bad = draw('answers', 'silent', 'silent')
    const between = draw('answers', 'answers', 'silent')
    expect(reach(said([bad, bad, between], keys))).toMatchObject({ pending: true, reason: 'NotProven' })
    expect(reach(said([between], keys))).toMatchObject({ health: 'healthy', reason: 'PeersAnswer' })
    expect(reach(said([bad, bad, WELL], keys))).toMatchObject({ health: 'healthy', reason: 'PeersAnswer' })
  })

  it('of small answers alone say nothing of large ones', () => {
    const large = said([WELL]).find(({ type }) => type === 'PathMTUBroken')
    expect(large).toMatchObject({ health: 'unknown', reason: 'NoLargeAnswer' })
  })

  it('never raise anything by one, or by one peer, and are well after one that is', () => {
    const one = fc
      .record({
        small: fc.constantFrom<Small>('answers', 'silent', 'late', 'own'),
        large: fc.constantFrom<Large>('comes', 'hangs', 'unknown'),
        ms: fc.constantFrom(1, 900),
      })
      .map(({ small, large, ms }) => ({ small, large, ms }))
    const rounds = fc.array(fc.array(one, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 })
    const well = [1, 2, 3].map((at) => asked(`10.0.0.${at}`, 'answers', 'comes'))
    fc.assert(
      fc.property(rounds, fc.boolean(), (all, isAlone) => {
        const drawn = all.map((round) =>
          round.map(({ small, large, ms }, at) => asked(`10.0.0.${isAlone ? 0 : at}`, small, large, ms)),
        )
        if (all.length === 1 || isAlone) expect(problems(said(drawn))).toEqual([])
        expect(said([...drawn, well]).filter((last) => last.health !== 'healthy' || last.pending === true)).toEqual([])
      }),
    )
  })

  it('are forgotten by a person’s word', () => {
    const round = observed({ path: 'node' as const, asked: HALF, known: 9, zones: [''], stale: undefined })
    const { memory } = evaluatePeers([{ path: 'node', round }], config, FIRST_PEERS)
    const cleared = clearPeers(memory, { type: 'PeersUnreachable', entity: 'path:node' })
    const { findings } = evaluatePeers([{ path: 'node', round }], config, cleared)
    expect(reach(findings)?.message).toMatch(/seen in 1 of 2 checks in a row/)
  })
})

describe('a large answer', () => {
  const signal = new AbortController().signal
  const sample = (ms: number, lateMs = 0) => ({ ms, lateMs })
  const timeout = (ms: number, lateMs = 0) =>
    ({ ok: false, sample: sample(ms, lateMs), failure: { kind: 'timeout', code: '', message: 'no answer' } }) as const
  const ok = (ms: number) =>
    ({ ok: true, sample: sample(ms), answer: { status: 200, body: Buffer.alloc(60) } }) as never
  /** @param bytes of the large one that come before its time is over */
  function doorWith(small: Probed<never>, large: Probed<never>, bytes = 0) {
    const probeHttp = async (_: unknown, { url, take }: HttpQuestion) => {
      if (url.pathname !== '/large') return small
      if (bytes > 0) take?.(Buffer.alloc(bytes))
      return large
    }
    return { ...doorOf(undefined), probeTcp: async () => ok(1), probeTls: async () => large, probeHttp } as never
  }
  async function largeOf(path: 'node' | 'pod', door: never) {
    const stopwatch = { start: () => () => sample(0) }
    const ask = { clock: fakeClock(), stopwatch, timeoutMs: 3000, signal }
    const peer = { address: '10.0.0.2', port: 1, zone: '' }
    const [asked] = await askPeers({ door, ask, trust: () => createTrust() }, path, [peer])
    return asked?.large
  }

  it.each(['node', 'pod'] as const)('hangs where a small one comes at once: %s', async (path) => {
    expect(await largeOf(path, doorWith(ok(20), timeout(3000)))).toBe('hangs')
  })

  it.each(['node', 'pod'] as const)('of a slow link, or of a late prober, says nothing: %s', async (path) => {
    expect(await largeOf(path, doorWith(ok(900), timeout(3000)))).toBe('unknown')
    expect(await largeOf(path, doorWith(ok(20), timeout(3000, 2000)))).toBe('unknown')
    expect(await largeOf(path, doorWith(timeout(3000), timeout(3000)))).toBe('unknown')
  })

  it('of which some has come does not hang', async () => {
    expect(await largeOf('pod', doorWith(ok(20), timeout(3000), 1448))).toBe('unknown')
  })
})

describe('a draw', () => {
  const pool = (count: number): readonly Peer[] =>
    Array.from({ length: count }, (_, at) => ({ address: `10.0.0.${at}`, port: 1, zone: '' }))
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

  it('has each once, as many as are wanted, and others than before where there are enough', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(8), random, (count, wanted, numbers) => {
        const next = () => numbers.next().value as number
        const first = drawPeers(pool(count), wanted, next, new Set())
        expect(new Set(first.map(({ address }) => address)).size).toBe(Math.min(count, wanted))
        const before = new Set(first.map(({ address }) => address))
        const second = drawPeers(pool(count), wanted, next, before)
        expect(second).toHaveLength(Math.min(count, wanted))
        if (count >= 2 * wanted) expect(second.filter(({ address }) => before.has(address))).toEqual([])
      }),
    )
  })

  it('asks fewer of a small part of many', () => {
    expect([0, 3, 60].map((count) => [drawnOf(count, false), drawnOf(count, true)])).toEqual([
      [0, 0],
      [3, 1],
      [5, 5],
    ])
  })

  it('has nobody of a list that is this node, nor twice', () => {
    expect(peersOf(['10.0.0.1', '10.0.0.2', '10.0.0.2'], 1, new Set(['10.0.0.1']))).toHaveLength(1)
  })

  it('takes of slices who serves at a port that is known, whatever stands there', () => {
    const endpoint = {
      addresses: ['10.0.0.2'],
      isReady: true,
      isServing: true,
      isTerminating: false,
      zone: 'a',
      nodeName: 'b',
    }
    const slice = { name: 'x', addressType: 'IPv4', ports: [], endpoints: [endpoint] } as const
    expect(peersIn([slice], undefined, new Set(), 'n')).toEqual([])
    expect(peersIn([slice], 10_250, new Set(), 'b')).toEqual([])
    expect(peersIn([slice], 10_250, new Set(), '')).toEqual([{ address: '10.0.0.2', port: 10_250, zone: 'a' }])
    const ports = [
      { name: 'echo', protocol: 'TCP', port: 8023 },
      { name: 'other', protocol: 'TCP', port: 1 },
    ] as const
    expect(peersIn([{ ...slice, ports }], undefined, new Set(), '')[0]?.port).toBe(8023)
    const none = [
      { ...endpoint, addresses: [] },
      { ...endpoint, isServing: false },
      { ...endpoint, isTerminating: true },
    ]
    expect(peersIn([{ ...slice, endpoints: none }], 1, new Set(), '')).toEqual([])
  })
})
