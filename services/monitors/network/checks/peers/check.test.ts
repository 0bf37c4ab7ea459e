import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '#monitor-kit'
import { observed, type Unobserved, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { sharedOver } from '../../testing-shared.ts'
import type { AskedPeer } from './asking.ts'
import { peers } from './check.ts'
import { schema } from './config.ts'
import { evaluatePeers } from './evaluate.ts'
import { clearPeers, FIRST_PEERS, factsOf, type PeersMemory, recallPeers } from './memory.ts'
import type { OpenSlices } from './slices-api.ts'

async function over(name: string) {
  const folder = fixture(import.meta.url, name)
  const config = schema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')))
  return startFixture(peers, { folder, config, sharedOver })
}
const emptySlices: OpenSlices = () =>
  Promise.resolve({
    namespace: 'node-doctor',
    names: () => Promise.resolve([]),
    slice: () => Promise.resolve(undefined),
    close: () => undefined,
  })
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
    ['sick-cut-off', ['PeersUnreachable path:node warning NeverAnswered']],
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
      /^2 of 5 nodes answer, 10\.0\.0\.\d, 10\.0\.0\.\d and 1 more not; no answer from 10\.0\.0\.\d:10250 within 3000 ms; so it was in another draw before; where those nodes run see the link of this node, its routes and firewalls$/,
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

  it('that are no addresses are named, and the others are asked', async () => {
    const folder = fixture(import.meta.url, 'well-list')
    const config = schema.parse({ peers: ['10.0.0.2', '10.0.0.256'], echoPeers: [':::'] })
    await using check = await startFixture(peers, { folder, config, sharedOver })
    const { findings, incomplete } = await check.run()
    expect(findingOf({ findings }, 'PeersUnreachable', 'path:node').message).toBe('1 of 1 nodes answer')
    expect(incomplete).toBe('10.0.0.256: no address of IPv4 or IPv6; :::: no address of IPv4 or IPv6')
  })

  it('by a Service that there is not are nobody, and it is named', async () => {
    const folder = fixture(import.meta.url, 'well-slices')
    const shared = { ...(sharedOver(folder) as object), openSlices: emptySlices }
    const config = schema.parse({ slices: ['node-doctor-peer'] })
    await using check = await startFixture(peers, { folder, config, sharedOver: () => shared })
    expect(findingOf(await check.run(), 'PeersUnreachable', 'path:node')).toMatchObject({
      health: 'unknown',
      reason: 'NoSuchSlices',
      message: expect.stringContaining('nobody is known by node-doctor/node-doctor-peer: there is neither a Service'),
    })
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
  const peer = { address, port: 1, zone: '', node: '' }
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
const roundOf = (all: readonly AskedPeer[], stale?: Unobserved, zonePeers = 9) =>
  observed({ path: 'node' as const, asked: all, known: 9, zones: new Map([['', zonePeers]]), stale })
function said(
  rounds: readonly (readonly AskedPeer[])[],
  keys = config,
  stale = false,
  first: PeersMemory = FIRST_PEERS,
): readonly Finding[] {
  let memory = first
  let findings: readonly Finding[] = []
  for (const all of rounds) {
    const round = roundOf(all, stale ? unobserved('APIServerUnreachable', 'it is old') : undefined)
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
    expect(reach(said([HALF, HALF, HALF], config, true))).toMatchObject({
      health: 'unknown',
      reason: 'PeersMayBeGone',
      message: 'some of the peers may be gone: it is old',
    })
    const none = draw('silent', 'silent')
    expect(problems(said([WELL, none, none], config, true))).toEqual([
      'PeersUnreachable path:node critical NobodyAnswers',
    ])
  })

  it('of a list of which most are away say nothing of this node, which names them; who answered before is missed', () => {
    const listed = (...smalls: readonly Small[]) =>
      draw(...smalls).map((one) => ({ ...one, peer: { ...one.peer, isListed: true } }))
    const away = listed('answers', 'silent', 'silent', 'silent', 'silent')
    expect(problems(said([away, away, away, away]))).toEqual([])
    expect(reach(said([away, away, away]))).toMatchObject({
      health: 'unknown',
      reason: 'PeersMayBeGone',
      message:
        '10.0.0.1, 10.0.0.2 and 2 more never answered since this check began: take out of the list who is gone; where they are there see the link of this node, its routes and firewalls',
    })
    const all = listed('answers', 'answers', 'answers', 'answers', 'answers')
    expect(problems(said([all, away, away]))).toEqual(['PeersUnreachable path:node warning FewAnswer'])
    const none = listed('silent', 'silent')
    expect(problems(said([none, none]))).toEqual(['PeersUnreachable path:node warning NeverAnswered'])
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
    const large = (kind: Large) =>
      said([[asked('10.0.0.1', 'answers', kind), asked('10.0.0.2', 'answers', 'unknown')]]).find(
        ({ type }) => type === 'PathMTUBroken',
      )
    expect(large('none')).toMatchObject({ health: 'unknown', reason: 'NoLargeAnswer' })
    // That nobody could judge it (this process was late, they were slow) is no word about what they have.
    expect(large('unknown')).toMatchObject({ health: 'healthy', pending: true, reason: 'NotJudged' })
  })

  it('of which none was ever answered may be kept from this node on purpose, and say what to see', () => {
    const none = draw('silent', 'silent')
    const never = said([none, none])
    expect(problems(never)).toEqual(['PeersUnreachable path:node warning NeverAnswered'])
    expect(reach(never)?.message).toMatch(
      /; nobody has answered in this boot: where firewalls close port 10250 between nodes on purpose name one that is open \(port\); else see the link/,
    )
    const critical = ['PeersUnreachable path:node critical NobodyAnswers']
    expect(problems(said([WELL, none, none]))).toEqual(critical)
    // Over a restart, too.
    const { memory } = evaluatePeers([{ path: 'node', round: roundOf(WELL) }], config, FIRST_PEERS)
    expect(problems(said([none, none], config, false, recallPeers(factsOf(memory))))).toEqual(critical)
    fc.assert(fc.property(fc.jsonValue(), (facts) => void recallPeers(facts)))
  })

  it('never raise anything by one, or by one peer, and are well after one that is', () => {
    const one = fc
      .record({
        small: fc.constantFrom<Small>('answers', 'silent', 'late', 'own'),
        large: fc.constantFrom<Large>('comes', 'hangs', 'none', 'unknown'),
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

  it('that are slow by chance (a packet that is lost costs a second) make no zone slow: three of them do, or all there are', () => {
    const slow = (...numbers: readonly number[]) =>
      numbers.map((number) => asked(`10.0.0.${number}`, 'answers', 'comes', 1_010))
    const told = (rounds: readonly (readonly AskedPeer[])[], zonePeers?: number) => {
      let memory: PeersMemory = FIRST_PEERS
      let findings: readonly Finding[] = []
      for (const all of rounds) {
        const reading = [{ path: 'node' as const, round: roundOf(all, undefined, zonePeers) }]
        ;({ memory, findings } = evaluatePeers(reading, config, memory))
      }
      return findings.find(({ type }) => type === 'PeersSlow')
    }
    expect(told([slow(1), slow(2)])).toMatchObject({ health: 'healthy', pending: true })
    expect(told([slow(1), slow(2), slow(3)])).toMatchObject({ health: 'problem' })
    expect(told([slow(1, 2), slow(3)])).toMatchObject({ health: 'problem' })
    expect(told([slow(1), slow(2)], 2)).toMatchObject({ health: 'problem' })
    expect(told([slow(1), slow(1)], 1)).toMatchObject({ health: 'healthy', pending: true, reason: 'OnePeerAlone' })
  })

  it('are forgotten by a person’s word', () => {
    const round = roundOf(HALF)
    const { memory } = evaluatePeers([{ path: 'node', round }], config, FIRST_PEERS)
    const cleared = clearPeers(memory, { type: 'PeersUnreachable', entity: 'path:node' })
    const { findings } = evaluatePeers([{ path: 'node', round }], config, cleared)
    expect(reach(findings)?.message).toMatch(/seen in 1 of 2 checks in a row/)
  })
})
