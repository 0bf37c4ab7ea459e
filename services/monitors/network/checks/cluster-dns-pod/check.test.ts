import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EndpointSlice } from '#kube'
import type { Finding } from '#monitor-kit'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { sharedOver } from '../../testing-shared.ts'
import { createBudget } from '../peers/budget.ts'
import type { OpenSlices } from '../peers/slices-api.ts'
import { clusterDnsPod } from './check.ts'
import { schema } from './config.ts'
import { echoPodsIn, saidIn } from './echo-pod.ts'
import { createEchoPods } from './echo-pods.ts'
import { evaluateClusterDnsPod, FIRST_STANDING } from './evaluate.ts'
import type { AskedPod } from './source.ts'

async function over(name: string, keys: object = {}) {
  const folder = fixture(import.meta.url, name)
  const written = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}')
  const config = schema.parse({ ...(JSON.parse(written) as object), ...keys })
  return startFixture(clusterDnsPod, { folder, config, sharedOver })
}
const words = ({ findings }: { findings: readonly Finding[] }) =>
  findings.map(({ type, health, pending, severity, reason }) =>
    [`${health}${pending === true ? '?' : ''}`, type, severity, reason].filter(Boolean).join(' '),
  )

describe('the pod of this node', () => {
  it.each([
    ['well-own', ['healthy PodClusterDNSDown PodsResolve']],
    ['well-go', ['healthy PodClusterDNSDown PodsResolve']],
    ['sick-own', ['problem PodClusterDNSDown critical NotResolved']],
    ['sick-not-known', ['problem PodClusterDNSDown critical NameNotKnown']],
  ])('says how the cluster’s DNS is for pods: %s', async (name, expected) => {
    await using check = await over(name)
    const first = await check.run()
    expect(words(first).filter((one) => one.startsWith('problem '))).toEqual([])
    expect(words(await check.run())).toEqual(expected)
  })

  it.each([
    ['well-own', /^the echo pod of this node \(10\.1\.0\.9\) resolves kubernetes\.default\.svc\.cluster\.local$/],
    [
      'sick-own',
      /^the echo pod of this node \(10\.1\.0\.9\) does not resolve kubernetes\.default\.svc\.cluster\.local: ETIMEOUT; see the DNS of the cluster \(CoreDNS, its Service\) and the CNI of this node$/,
    ],
  ])('says what to act on: %s', async (name, message) => {
    await using check = await over(name)
    await check.run()
    expect(findingOf(await check.run(), 'PodClusterDNSDown').message).toMatch(message)
  })

  it.each([
    ['silent-pod', 'EchoSilent', /does not answer, which says nothing of names: no answer from 10\.1\.0\.9:8023/],
    ['late-pod', 'EchoLate', /was itself kept from working while it waited/],
    ['late-prober', 'ProberLate', /this process was kept from working/],
  ])(
    'that says nothing of names is no problem of DNS, and after three rounds it is unknown: %s',
    async (name, reason, message) => {
      await using check = await over(name)
      for (const round of [1, 2])
        expect([round, words(await check.run())]).toEqual([round, ['healthy? PodClusterDNSDown NotJudged']])
      expect((await check.run()).findings).toMatchObject([
        { health: 'unknown', reason, message: expect.stringMatching(message) },
      ])
    },
  )

  it.each([
    ['hostile-no-pod', 'NoEchoPod', 'of the Service node-doctor-echo no pod serves on this node'],
    [
      'hostile-no-token',
      'NoCredentials',
      'deploy the echo component (kustomize: component echo; Helm: echo.enabled=true)',
    ],
    ['hostile-garbage', 'APIServerUnreachable', 'no answer'],
  ])('is unknown where it is not there, or nobody says where: %s', async (name, reason, message) => {
    await using check = await over(name)
    expect((await check.run()).findings).toMatchObject([
      { health: 'unknown', reason, message: expect.stringContaining(message) },
    ])
  })

  it('is not asked for where the echo component is not deployed: of the check that everybody has nothing is said', async () => {
    await using written = await over('hostile-no-token', { service: '' })
    expect(await written.run()).toMatchObject({ findings: [{ health: 'unknown', reason: 'NotDeployed' }] })
    await using given = await over('hostile-no-token', { service: '', whereDeployed: true })
    expect(await given.run()).toMatchObject({ findings: [] })
  })
})

describe('pods of other nodes', () => {
  it.each([
    ['well-others', {}, 'healthy PodClusterDNSDown PodsResolve'],
    ['sick-others', {}, 'problem PodClusterDNSDown critical NotResolved'],
    ['mixed-others', {}, 'healthy PodClusterDNSDown PodsResolve'],
    ['mixed-others', { minSuccessPods: 5 }, 'problem PodClusterDNSDown critical NotResolved'],
  ])('stand in for it while it is not found: %s %j', async (name, keys, expected) => {
    await using check = await over(name, keys)
    await check.run()
    expect(words(await check.run())).toEqual([expected])
  })
})

function sliceOf(
  name: string,
  nodes: readonly string[],
  address = (node: string) => `10.1.0.${node.slice(1)}`,
): EndpointSlice {
  const around = { isReady: true, isServing: true, isTerminating: false, zone: '' }
  const endpoints = nodes.map((nodeName) => ({ ...around, addresses: [address(nodeName)], nodeName }))
  return { name, addressType: 'IPv4', ports: [{ name: 'echo', protocol: 'TCP', port: 8_023 }], endpoints }
}

function fleet(slices: EndpointSlice[], random = () => 0.5) {
  const clock = fakeClock()
  const asked: string[] = []
  const open: OpenSlices = async () => ({
    namespace: 'node-doctor',
    names: async () => {
      asked.push('names')
      return slices.map(({ name }) => name)
    },
    slice: async (_, name) => {
      asked.push(name)
      return slices.find((one) => one.name === name)
    },
    close: () => undefined,
  })
  const options = { service: 'echo', namespace: '', port: undefined, nodeName: 'n1', open, clock, random }
  const pods = createEchoPods({ ...options, budget: createBudget(clock, 6) })
  return { pods, clock, asked, signal: new AbortController().signal }
}

describe('where the pod of this node is', () => {
  it('is looked up once an hour, one request then', async () => {
    const { pods, clock, asked, signal } = fleet([sliceOf('a', ['n2', 'n1'])])
    for (let round = 0; round < 240; round++) {
      expect(await pods.current(signal)).toMatchObject({ ok: true, value: [{ address: '10.1.0.1', isOwn: true }] })
      clock.pass(30_000)
    }
    expect(asked).toEqual(['names', 'a', 'a'])
  })

  it('is looked up anew where it is silent, as after a roll-out, at most six times an hour', async () => {
    const slices = [sliceOf('a', ['n1'])]
    const { pods, clock, asked, signal } = fleet(slices)
    await pods.current(signal)
    slices[0] = sliceOf('a', ['n1'], () => '10.9.9.9')
    expect(await pods.renewed(signal)).toMatchObject({ value: [{ address: '10.1.0.1' }] })
    clock.pass(61_000)
    expect(await pods.renewed(signal)).toMatchObject({ value: [{ address: '10.9.9.9' }] })
    for (let round = 0; round < 100; round++) {
      clock.pass(30_000)
      await pods.current(signal)
      await pods.renewed(signal)
    }
    expect(asked.length).toBeLessThanOrEqual(6)
  })

  it('is found in a fleet of 5,000 however long that takes, and nobody asks more than six times an hour', async () => {
    const slices = Array.from({ length: 50 }, (_, at) =>
      sliceOf(
        `s${at}`,
        Array.from({ length: 100 }, (_n, no) => `m${at}x${no}`),
      ),
    )
    slices[49] = sliceOf('s49', ['n1'])
    let turn = 0
    const { pods, clock, asked, signal } = fleet(slices, () => (turn++ * 0.37) % 1)
    const at: number[] = []
    for (let round = 0; round < 24 * 120; round++) {
      const before = asked.length
      const known = await pods.current(signal)
      for (let one = before; one < asked.length; one++) at.push(clock.monotonicMs())
      if (!known.ok) throw new Error(known.message)
      expect(known.value.length).toBeGreaterThan(0)
      expect(known.value.length).toBeLessThanOrEqual(5)
      if (known.value[0]?.isOwn === true) break
      clock.pass(30_000)
    }
    expect(await pods.current(signal)).toMatchObject({ value: [{ address: '10.1.0.1', isOwn: true }] })
    const inHour = at.map((ms) => at.filter((other) => other >= ms && other - ms < 3_600_000).length)
    expect(Math.max(...inHour)).toBe(6)
  })

  it('is not one that has ended, or of a slice without a port', () => {
    const slice = sliceOf('a', ['n1'])
    const [endpoint] = slice.endpoints
    if (endpoint === undefined) throw new Error('no endpoint')
    expect(echoPodsIn({ ...slice, ports: [] }, undefined, 'n1')).toEqual([])
    expect(echoPodsIn({ ...slice, ports: [] }, 80, 'n1')).toEqual([{ address: '10.1.0.1', port: 80, isOwn: true }])
    for (const off of [{ isServing: false }, { isTerminating: true }, { addresses: [] }])
      expect(echoPodsIn({ ...slice, endpoints: [{ ...endpoint, ...off }] }, undefined, 'n1')).toEqual([])
    expect(echoPodsIn(slice, undefined, '')).toMatchObject([{ isOwn: false }])
  })
})

describe('what a pod says', () => {
  it('is read whatever it is, and no control character of it is told', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"resolved":false,"target":"a","error":${json}}`),
        ),
        (body) => {
          const said = saidIn(body)
          if (said !== undefined) expect(said.error).toMatch(/^[\x20-\x7e]{0,120}$/)
        },
      ),
    )
    expect(saidIn('{"resolved":true,"target":"x y"}')).toBeUndefined()
  })

  it('by whichever rounds, a problem is a pod that answered and did not resolve it, twice in a row', () => {
    const outcome = fc.constantFrom<AskedPod['outcome']>('resolves', 'fails', 'silent', 'unjudged')
    const round = fc.option(fc.array(outcome, { minLength: 1, maxLength: 5 }), { freq: 8 })
    const config = schema.parse({})
    fc.assert(
      fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
        let memory = FIRST_STANDING
        let failedInRow = 0
        for (const outcomes of rounds) {
          const asked = outcomes?.map((one): AskedPod => {
            const hasSaid = one === 'resolves' || one === 'fails'
            const said = { target: 'k', isResolved: one === 'resolves', ms: 1, lateMs: 0, error: 'x' }
            return {
              pod: { address: 'a', port: 1, isOwn: true },
              outcome: one,
              said: hasSaid ? said : undefined,
              message: '',
            }
          })
          const reading = asked === undefined ? unobserved('NoEchoPod', '') : observed(asked)
          const verdict = evaluateClusterDnsPod(reading, config, memory)
          memory = verdict.memory
          const isAnswered = outcomes?.some((one) => one === 'resolves' || one === 'fails') === true
          if (isAnswered) failedInRow = outcomes.includes('resolves') ? 0 : failedInRow + 1
          const [finding] = verdict.findings
          expect(finding?.health === 'problem').toBe(isAnswered && failedInRow >= 2)
          if (finding?.health === 'healthy' && finding.pending !== true) expect(outcomes).toContain('resolves')
        }
      }),
    )
  })
})
