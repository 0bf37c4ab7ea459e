/** That what is asked now and then is opened and closed as the detector has it. */
import { describe, expect, test } from 'vitest'
import type { Identity, KubeAccess, Readiness } from '#kube'
import { fixture, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordedHost } from '../../../../../libs/monitor-kit/testing/recorded-host.ts'
import { createFold, foldClock } from '../../testing-fold.ts'
import { type Captured, capturedIn, sharedOver } from '../../testing-shared.ts'
import type { Ways } from '../../ways.ts'
import { apiserver } from './check.ts'
import { schema } from './config.ts'

const ROOT = fixture(import.meta.url, 'well-three/1')
const TURN_MS = 30_000
const MINUTE_MS = 60_000
const KNOWN: Identity = { kind: 'known', name: 'system:serviceaccount:a:b', groups: [] }

/** What the API server answers. */
interface Answers {
  identity: Identity
  readyz: Readiness | string
}

/** The check at an API server whose answers a test sets, and what the detector makes of it. */
function node(server = 'https://10.96.0.1:443', change: Captured = {}) {
  const clock = foldClock()
  const answers: Answers = { identity: KNOWN, readyz: { kind: 'ready' } }
  let asks = 0
  const over = () => sharedOver(ROOT, clock, { ...change, api: { ...change.api, server, ...answers } })
  const ways: Ways = {
    ...over(),
    access: () => Promise.resolve({ server, origin: "the pod's service account" } as KubeAccess),
    apiServer(options) {
      asks++
      return over().apiServer(options)
    },
  }
  const check = startCheck(apiserver, {
    ...{ root: ROOT, host: recordedHost(ROOT), clock, shared: ways, memory: heldMemory(), config: schema.parse({}) },
  })
  const fold = createFold(apiserver, clock)
  const said: string[] = []
  return {
    answers,
    said,
    fold,
    ways,
    asks: () => asks,
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += TURN_MS) {
        clock.pass(TURN_MS)
        said.push(...fold.take(await check.run(0)))
      }
    },
  }
}

test('an account that is known again is no problem any more two turns later', async () => {
  const at = node()
  await at.pass(5 * MINUTE_MS)
  at.answers.identity = { kind: 'unknown' }
  await at.pass(15 * MINUTE_MS)
  expect(at.said).toEqual(['opened APIServerAuthFailing'])
  at.answers.identity = KNOWN
  await at.pass(2 * TURN_MS)
  expect(at.said).toEqual(['opened APIServerAuthFailing', 'resolved APIServerAuthFailing'])
})

describe('a way that is a name', () => {
  const byName = () => node('https://api.example.org:6443')
  const entity = 'apiserver:api.example.org:6443'

  test('is what the last request said of it, which is asked every 10 minutes', async () => {
    const at = byName()
    await at.pass(2 * TURN_MS)
    for (let turn = 0; turn < 118; turn++) {
      await at.pass(TURN_MS)
      expect(at.fold.healthOf('APIServerUnreachable', entity)).toBe('healthy')
      expect(at.fold.healthOf('APIServerSlow', entity)).toBe('healthy')
    }
    expect(at.asks()).toBe(7)
  })

  test('is a problem while it does not answer, and none two turns after it does', async () => {
    const at = byName()
    await at.pass(5 * MINUTE_MS)
    at.answers.readyz = 'no answer'
    await at.pass(15 * MINUTE_MS)
    expect(at.said).toEqual(['opened APIServerUnreachable'])
    at.answers.readyz = { kind: 'ready' }
    await at.pass(2 * TURN_MS)
    expect(at.said).toEqual(['opened APIServerUnreachable', 'resolved APIServerUnreachable'])
  })
})

test('a way that is a name leads nowhere where its request is not answered, and not where servers are not reached past it', async () => {
  const server = 'https://api.example.org:6443'
  const { slice } = capturedIn(ROOT).api ?? {}
  const at = node(server, { tcp: {}, api: { server, ...(slice && { slice }) } })
  await at.pass(5 * MINUTE_MS)
  expect(at.ways.told).toMatchObject({ apiServer: { isUnreached: false }, troubleMs: undefined })
  at.answers.readyz = 'no answer'
  await at.pass(TURN_MS)
  expect(at.ways.told).toMatchObject({ apiServer: { isUnreached: true }, troubleMs: expect.any(Number) })
})

test('a server that was never reached past the way, which is no Service, is not known to be dead; one that was is', async () => {
  const server = 'https://api.example.org:6443'
  const { slice } = capturedIn(ROOT).api ?? {}
  const tcp: Record<string, number> = {}
  const at = node(server, { tcp, api: { server, ...(slice && { slice }) } })
  at.ways.access = () => Promise.resolve({ server, origin: 'kubeconfig /etc/kubernetes/kubelet.conf' } as KubeAccess)
  await at.pass(15 * MINUTE_MS)
  const entity = 'apiserver:10.0.0.1:6443'
  expect(at.fold.healthOf('APIServerUnreachable', entity)).toBe('unknown')
  expect(at.said).toEqual([])
  // Nothing is wrong, so that no more is asked than by default.
  expect(at.asks()).toBe(3)
  tcp['10.0.0.1:6443'] = 1
  await at.pass(2 * TURN_MS)
  expect(at.fold.healthOf('APIServerUnreachable', entity)).toBe('healthy')
  delete tcp['10.0.0.1:6443']
  await at.pass(2 * TURN_MS)
  expect(at.said).toEqual(['opened APIServerUnreachable'])
})

test('an API server is not unreached because this process was late itself', async () => {
  const failure = { kind: 'timeout', code: '', message: 'no answer within 5 s at 10.96.0.1:443' } as const
  const at = node()
  let lateMs = 6500
  at.ways.tcp = () => Promise.resolve({ ok: false, sample: { ms: 6900, lateMs }, failure })
  await at.pass(TURN_MS)
  expect(at.ways.told).toMatchObject({ apiServer: { isUnreached: false }, troubleMs: undefined })
  lateMs = 0
  await at.pass(TURN_MS)
  expect(at.ways.told).toMatchObject({ apiServer: { isUnreached: true }, troubleMs: expect.any(Number) })
})
