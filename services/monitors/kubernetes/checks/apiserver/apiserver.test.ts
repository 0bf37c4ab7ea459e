/** The check at the fake API server, over real connections. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import { createKubeClient, type EndpointSlice, type KubeAccess, KubeAccessError, KubeUnreachableError } from '#kube'
import { findingOf, fixture, handClock, heldMemory, startCheck, startFixture } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { type FakeApiServer, startFakeApiServer } from '../../../../../test/fakes/kube-apiserver/server.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { sharedOver } from '../../testing-shared.ts'
import { createWays, type Ways } from '../../ways.ts'
import { apiserver } from './check.ts'
import { schema } from './config.ts'
import { evaluateApi, FIRST_API } from './evaluate.ts'
import { seeIdentity, seeServers } from './servers.ts'
import type { ApiReading, Connected } from './source.ts'

const DEFAULTS = schema.parse({})

let api: FakeApiServer
beforeAll(async () => {
  api = await startFakeApiServer()
})
afterAll(() => api?.close())
beforeEach(() => api.failChecks([]))

/** A machine of the system's time, which a test moves on. */
function movedClock() {
  const real = systemClock()
  const { step } = handClock()
  let passedMs = 0
  const pass = (ms: number) => {
    passedMs += ms
  }
  return { ...real, monotonicMs: () => real.monotonicMs() + passedMs, pass, step }
}

interface Setting {
  readonly token?: string
  /** Further servers of the cluster, where nobody listens. */
  readonly dead?: readonly number[]
  /** Our own token is not to be read, as long as that says so. */
  readonly hasNoToken?: () => boolean
}

async function scene({ token = 'admin', dead = [], hasNoToken = () => false }: Setting = {}) {
  const stack = new AsyncDisposableStack()
  const root = stack.use(await tempFolder())
  await writeTree(root.path, { 'var/lib/kubelet/x': '' })
  const credentials = {
    headers: { authorization: `Bearer ${token}` },
    ca: undefined,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    verify: true,
  }
  const access: KubeAccess = {
    ...{ server: api.url, origin: "the pod's service account", namespace: '' },
    credentials: () =>
      hasNoToken() ? Promise.reject(new KubeAccessError('/token', 'ENOENT')) : Promise.resolve(credentials),
    renew: () => undefined,
  }
  const ofServers = { isReady: true, isServing: true, isTerminating: false, zone: '', nodeName: '' }
  const slice = (): EndpointSlice => ({
    ...{ name: 'kubernetes', addressType: 'IPv4', ports: [{ name: 'https', protocol: 'TCP', port: 1 }] },
    endpoints: dead.map((last) => ({ addresses: [`127.0.0.${last}`], ...ofServers })),
  })
  let lists = 0
  const ways: Ways = {
    ...createWays(),
    hostNetwork: () => Promise.resolve({ kind: 'same' }),
    access: () => Promise.resolve(access),
    apiServer: (options) => ({
      ...createKubeClient(options),
      getEndpointSlice() {
        lists++
        return Promise.resolve(slice())
      },
    }),
  }
  const config = schema.parse({ httpTimeout: '500ms' })
  const check = startCheck(apiserver, {
    root: root.path,
    config,
    memory: heldMemory(),
    clock: movedClock(),
    shared: ways,
  })
  return {
    check,
    lists: () => lists,
    way: `apiserver:${new URL(api.url).host}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('an API server', () => {
  test('that is reached is well, and its first hour costs 15 requests', async () => {
    await using at = await scene()
    const before = api.requests.length
    let result = await at.check.run()
    for (let look = 1; look < 120; look++) result = await at.check.run()
    expect(findingOf(result, 'APIServerUnreachable', at.way)).toMatchObject({ health: 'healthy', reason: 'Reached' })
    expect(findingOf(result, 'APIServerSlow', at.way)).toMatchObject({ health: 'healthy', reason: 'AnswersInTime' })
    expect(findingOf(result, 'APIServerAuthFailing').health).toBe('healthy')
    expect([api.requests.length - before, at.lists()]).toEqual([14, 1])
  })

  test('that is down is one problem within two checks, and closed by a request that is answered', async () => {
    await using at = await scene()
    await at.check.run()
    await api.down()
    expect(findingOf(await at.check.run(), 'APIServerUnreachable', at.way)).toMatchObject({
      health: 'healthy',
      pending: true,
    })
    const result = await at.check.run()
    expect(result.findings.filter(({ health }) => health === 'problem')).toMatchObject([
      {
        type: 'APIServerUnreachable',
        severity: 'critical',
        reason: 'NotConnected',
        message: expect.stringMatching(/^connection refused at /),
      },
    ])
    await api.up()
    const before = api.requests.length
    expect(findingOf(await at.check.run(), 'APIServerUnreachable', at.way)).toMatchObject({
      health: 'healthy',
      reason: 'Reached',
    })
    expect(api.requests.length).toBeGreaterThan(before)
  })

  test('that says that it is not ready, or does not know us, is asked again in each check', async () => {
    await using at = await scene()
    api.failChecks(['etcd'])
    await at.check.run()
    expect(findingOf(await at.check.run(), 'APIServerUnreachable', at.way)).toMatchObject({
      ...{ health: 'problem', severity: 'warning', reason: 'NotReady' },
      message: `the API server ${at.way.slice('apiserver:'.length)} says that it is not ready: etcd`,
    })
    await using nobody = await scene({ token: 'no such token' })
    api.failChecks([])
    await nobody.check.run()
    expect(findingOf(await nobody.check.run(), 'APIServerAuthFailing')).toMatchObject({
      health: 'problem',
      reason: 'NotKnown',
    })
  })

  test('is seen where our own token cannot be read, which is told of the token alone', async () => {
    let hasNone = true
    await using at = await scene({ hasNoToken: () => hasNone })
    const result = await at.check.run()
    expect(findingOf(result, 'APIServerUnreachable', at.way).health).toBe('healthy')
    expect(findingOf(result, 'APIServerAuthFailing')).toMatchObject({ health: 'unknown', reason: 'NoCredentials' })
    hasNone = false
    expect(findingOf(await at.check.run(), 'APIServerAuthFailing').health).toBe('healthy')
  })

  test('that is dead beside one that is not is a warning of its own, until it is taken out', async () => {
    const dead = [77]
    await using at = await scene({ dead })
    for (const _ of [0, 1]) await at.check.run()
    const result = await at.check.run()
    expect(result.findings.filter(({ health }) => health === 'problem')).toMatchObject([
      { entity: 'apiserver:127.0.0.77:1', severity: 'warning', reason: 'NotConnected' },
    ])
    dead.pop()
    const after = await at.check.run()
    expect(after.findings.map(({ entity = '' }) => entity)).not.toContain('apiserver:127.0.0.77:1')
    expect(after.withdrawn).toContainEqual({ type: 'APIServerUnreachable', entity: 'apiserver:127.0.0.77:1' })
  })
})

const AT_ONCE = { ms: 1, lateMs: 0 }

/** Three servers behind a Service address: "sdd" is the first that is reached, and two that are dead. */
function behind(servers: string, own: boolean, more: Partial<ApiReading> = {}): ApiReading {
  const failure = { kind: 'refused', code: 'ECONNREFUSED', message: 'connection refused' } as const
  const connection = (name: string, isReached: boolean): Connected => ({
    name,
    probed: isReached
      ? { ok: true, sample: AT_ONCE, answer: { from: '10.0.0.7' } }
      : { ok: false, sample: AT_ONCE, failure },
  })
  const name = '10.96.0.1:443'
  const others = servers.split('').map((one, index) => connection(`10.0.0.${index + 1}:6443`, one === 's'))
  return {
    ...{ isNode: true, network: { kind: 'same' }, way: { ok: true, value: { name, isService: true } } },
    ...{ connected: [connection(name, own), ...others], readiness: undefined, identity: undefined },
    ...{ isDirect: false, servers: undefined, kubeProxy: undefined, ...more },
  }
}

function seenOf(reading: ApiReading) {
  return seeServers(reading, { name: '10.96.0.1:443', isService: true }, DEFAULTS).map(({ seen }) =>
    seen.kind === 'sick' ? `${seen.severity ?? 'critical'} ${seen.reason}` : seen.kind,
  )
}

test('a server without SelfSubjectReviews that takes our token knows us', () => {
  const said = (kind: 'ready' | 'unauthorised', status = 404) => {
    const failure = {
      kind: 'refused',
      status,
      message: `create selfsubjectreviews was answered with ${status}`,
    } as const
    const answer = kind === 'ready' ? ({ kind } as const) : ({ kind, status: 401 } as const)
    const refused = { sample: AT_ONCE, came: { ok: false, failure } } as const
    return seeIdentity(refused, { sample: AT_ONCE, came: { ok: true, answer } }, DEFAULTS).kind
  }
  expect([said('ready'), said('unauthorised')]).toEqual(['well', 'unknown'])
  // One that has too much to do may have them all the same.
  expect([said('ready', 429), said('ready', 500)]).toEqual(['unknown', 'unknown'])
})

describe('blame', () => {
  test('goes to a dead Service address also where it never led anywhere: the kubelet knows the servers', async () => {
    await using check = await startFixture(apiserver, {
      folder: fixture(import.meta.url, 'well-three'),
      config: DEFAULTS,
      sharedOver(root, clock) {
        const ways = sharedOver(root, clock, { tcp: { '10.0.0.1:6443': 1 } })
        ways.told.servers = [{ address: '10.0.0.1', port: 6443 }]
        return ways
      },
    })
    await check.run()
    expect(findingOf(await check.run(), 'APIServerUnreachable', 'apiserver:10.96.0.1:443')).toMatchObject({
      health: 'problem',
      reason: 'ServiceAddressDead',
    })
  })

  test('is not of all servers where the way answers, and they are not reached past it', () => {
    const notReady = { sample: AT_ONCE, came: { ok: true, answer: { kind: 'not-ready', failed: ['etcd'] } } } as const
    expect(seenOf(behind('ddd', true, { readiness: notReady }))).toEqual([
      'warning NotReady',
      ...Array(3).fill('warning NotConnected'),
    ])
    expect(seenOf(behind('ddd', false))).toEqual(['critical NoServerReached', ...Array(3).fill('unknown')])
  })

  test('of a request that was dealt to a dead server goes to that server alone', () => {
    const failure = { kind: 'unreachable', message: 'no answer' } as const
    const readiness = { sample: AT_ONCE, came: { ok: false, failure } } as const
    expect(seenOf(behind('sds', true, { readiness }))).toEqual(['well', 'well', 'warning NotConnected', 'well'])
    expect(seenOf(behind('sss', true, { readiness }))).toEqual(['critical NotAnswered', 'well', 'well', 'well'])
  })

  test('of a request that is lost beside a dead server is looked for at one that takes connections', async () => {
    const asked: string[] = []
    const last = async (silent: readonly string[]) => {
      await using check = await startFixture(apiserver, {
        folder: fixture(import.meta.url, 'well-three'),
        config: DEFAULTS,
        sharedOver(root, clock): Ways {
          const tcp = { '10.96.0.1:443': 1, '10.0.0.1:6443': 1, '10.0.0.3:6443': 1 }
          const ways = sharedOver(root, clock, { tcp })
          ways.told.servers = [1, 2, 3].map((last) => ({ address: `10.0.0.${last}`, port: 6443 }))
          return {
            ...ways,
            apiServer(options) {
              const { server } = options.access
              const isSilent = asked.push(server) > 0 && silent.includes(server)
              const lost = () => Promise.reject(new KubeUnreachableError('get readyz', server, new Error('no answer')))
              return { ...ways.apiServer(options), ...(isSilent && { readyz: lost }) }
            },
          }
        },
      })
      for (let look = 0; look < 3; look++) await check.run()
      const problems = (await check.run()).findings.filter(({ health }) => health === 'problem')
      return problems.map(({ entity, severity, reason }) => `${entity} ${severity} ${reason}`)
    }
    const dead = 'apiserver:10.0.0.2:6443 warning NotConnected'
    // The address is dealt to the dead one, and the others answer.
    expect(await last(['https://10.96.0.1:443'])).toEqual([dead])
    expect(asked).toContain('https://10.0.0.1:6443')
    // The others are there, and answer nobody.
    expect(await last(['https://10.96.0.1:443', 'https://10.0.0.1:6443'])).toEqual([
      'apiserver:10.96.0.1:443 critical NotAnswered',
      dead,
    ])
  })

  test('of a dead Service address names kube-proxy or the CNI, as kube-proxy says', () => {
    const said = (kubeProxy: ApiReading['kubeProxy']) => {
      const way = { name: '10.96.0.1:443', isService: true }
      const [first] = seeServers(behind('sss', false, { kubeProxy }), way, DEFAULTS)
      return first?.seen.message.replace(/^.*on this node; /, '')
    }
    const answer = (status: number) =>
      ({ ok: true, sample: AT_ONCE, answer: { status } }) as unknown as NonNullable<ApiReading['kubeProxy']>
    const refused = { kind: 'refused', code: '', message: 'connection refused at 127.0.0.1:10256' } as const
    expect([said(answer(200)), said(answer(503)), said({ ok: false, sample: AT_ONCE, failure: refused })]).toEqual([
      'kube-proxy says that it is well, so see the CNI, and what filters packets here',
      'see kube-proxy, which answers with 503 (127.0.0.1:10256)',
      'kube-proxy is not running (connection refused at 127.0.0.1:10256); where the CNI has its place, see the CNI',
    ])
  })

  test('goes to no Service address that is dealt to a dead server, nor where there is none', async () => {
    const machine = { folder: fixture(import.meta.url, 'well-three'), config: DEFAULTS }
    const change = { tcp: { '10.96.0.1:443': 1, '10.0.0.1:6443': 1, '10.0.0.3:6443': 1 } }
    let dials = 0
    await using dealt = await startFixture(apiserver, {
      ...machine,
      sharedOver(root, clock): Ways {
        const ways = sharedOver(root, clock, change)
        return {
          ...ways,
          // One in three of a random choice; the first of each look is the bad one.
          tcp: (ask, place) =>
            ways.tcp(ask, place.address === '10.96.0.1' && dials++ % 5 === 0 ? { ...place, port: 1 } : place),
        }
      },
    })
    for (let look = 0; look < 4; look++) await dealt.run()
    const problems = (await dealt.run()).findings.filter(({ health }) => health === 'problem')
    expect(problems.map(({ entity, reason }) => `${entity} ${reason}`)).toEqual([
      'apiserver:10.0.0.2:6443 NotConnected',
    ])
    const reached: Record<string, number> = { ...change.tcp, '10.0.0.2:6443': 1 }
    await using without = await startFixture(apiserver, {
      ...machine,
      sharedOver: (root, clock) => {
        const ways = sharedOver(root, clock, { tcp: reached })
        const access = { server: 'https://10.0.0.2:6443', origin: "the pod's service account" } as KubeAccess
        return { ...ways, access: () => Promise.resolve(access) }
      },
    })
    await without.run()
    delete reached['10.0.0.2:6443']
    await without.run()
    expect((await without.run()).findings.find(({ health }) => health === 'problem')?.reason).toBe('NotConnected')
  })

  async function problemsOf(machine: string) {
    await using check = await startFixture(apiserver, {
      folder: fixture(import.meta.url, machine),
      config: DEFAULTS,
      sharedOver,
    })
    let result = await check.run()
    for (let look = 0; look < 3; look++) result = await check.run()
    return result.findings
      .filter(({ health }) => health === 'problem')
      .map(({ entity, reason, severity, message }) => ({ entity, reason, severity, message }))
  }

  test('of a dead Service address goes to what leads there, and names a server that answers', async () => {
    expect(await problemsOf('sick-service-dead')).toEqual([
      {
        ...{ entity: 'apiserver:10.96.0.1:443', reason: 'ServiceAddressDead', severity: 'critical' },
        message:
          'connection refused at 10.96.0.1:443, while the server 10.0.0.1:6443 is reached: the Service address 10.96.0.1:443 leads nowhere on this node; kube-proxy is not running (connection refused at 127.0.0.1:10256); where the CNI has its place, see the CNI',
      },
    ])
  })

  test('where nobody is reached is one problem', async () => {
    expect(await problemsOf('sick-none-reached')).toEqual([
      {
        ...{ entity: 'apiserver:10.96.0.1:443', reason: 'NoServerReached', severity: 'critical' },
        message:
          'connection refused at 10.96.0.1:443; nor is any of its servers: 10.0.0.1:6443, 10.0.0.2:6443, 10.0.0.3:6443',
      },
    ])
    expect(await problemsOf('sick-one-dead')).toMatchObject([
      { entity: 'apiserver:10.0.0.2:6443', severity: 'warning' },
    ])
  })

  test('goes to nobody where this process is late itself', () => {
    const late: Connected = {
      name: '10.96.0.1:443',
      probed: {
        ok: false,
        sample: { ms: 5200, lateMs: 1200 },
        failure: { kind: 'timeout', code: '', message: 'no answer' },
      },
    }
    const reading: ApiReading = {
      ...{ isNode: true, network: { kind: 'same' }, way: { ok: true, value: { name: late.name, isService: true } } },
      ...{
        connected: [late],
        readiness: undefined,
        isDirect: false,
        identity: undefined,
        servers: undefined,
        kubeProxy: undefined,
      },
    }
    let memory = FIRST_API
    const said = [1, 2, 3].map((turn) => {
      const verdict = evaluateApi(reading, DEFAULTS, memory, { nowMs: turn * 30_000, now: new Date(turn * 30_000) })
      memory = verdict.memory
      // A throttled agent asks no more than any other.
      expect(memory.isTrouble).toBe(false)
      // Nor is it at once unknown how long it takes.
      const { health, reason } = findingOf(verdict, 'APIServerSlow', 'apiserver:10.96.0.1:443')
      expect(`${health} ${reason}`).toBe(`${turn < 3 ? 'healthy' : 'unknown'} ProberLate`)
      return findingOf(verdict, 'APIServerUnreachable', 'apiserver:10.96.0.1:443')
    })
    expect(said.map(({ health, reason }) => `${health} ${reason}`)).toEqual([
      'healthy ProberLate',
      'healthy ProberLate',
      'unknown ProberLate',
    ])
  })
})

test('each key changes what is found of some machine', async () => {
  const names = Object.keys(schema.shape)
  const without = await keysWithoutEffect(
    { definition: apiserver, schema, url: import.meta.url, names },
    {
      endpoint: { machine: 'well-three', other: { endpoint: 'https://10.0.0.9:6443' } },
      checkServers: { machine: 'sick-one-dead', other: { checkServers: false } },
      checkAuth: { machine: 'sick-unknown-account', other: { checkAuth: false } },
      requestInterval: { machine: 'late-forgotten', looks: 3, other: { requestInterval: '30s' } },
      latencyThreshold: { machine: 'sick-slow', other: { latencyThreshold: '3s' } },
      criticalLatencyThreshold: { machine: 'sick-slow', other: { criticalLatencyThreshold: '2500ms' } },
      sustainedSlowChecks: { machine: 'sick-slow', other: { sustainedSlowChecks: 9 } },
      failureThreshold: { machine: 'sick-one-dead', other: { failureThreshold: 9 } },
      httpTimeout: { machine: 'sick-slow', other: { httpTimeout: '100ms' } },
    },
  )
  expect(without).toEqual([])
})
