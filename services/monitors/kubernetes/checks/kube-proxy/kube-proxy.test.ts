import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixture, handClock, startCheck, startFixture } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { type Captured, capturedIn, sharedOver } from '../../testing-shared.ts'
import { kubeProxy } from './check.ts'
import { schema } from './config.ts'
import { ageIn } from './evaluate.ts'

async function said(machine: string, change: Captured = {}) {
  await using check = await startFixture(kubeProxy, {
    folder: fixture(import.meta.url, machine),
    config: schema.parse({}),
    sharedOver: (root, clock) => sharedOver(root, clock, change),
  })
  for (let look = 0; look < 2; look++) await check.run()
  return (await check.run()).findings.map(({ health, reason, message }) => `${health} ${reason}: ${message}`)
}

test('one that runs says how old its rules are, the older ones at healthz', async () => {
  const words = 'healthy KubeProxyLives: kube-proxy lives, its rules were brought up to date 20 s before'
  expect([await said('well-livez'), await said('well-old')]).toEqual([[words], [words]])
})

test('one that does not is a problem, in words to act on', async () => {
  expect([await said('sick-stopped'), await said('sick-stale'), await said('sick-hangs')]).toEqual([
    [
      'problem ConnectionRefused: connection refused at 127.0.0.1:10256: kube-proxy is not listening; it has a pod on this node',
    ],
    [
      'problem RulesNotUpdated: kube-proxy answers with 503, its rules were brought up to date 10 min before: Services lead to where they led before',
    ],
    [
      'problem KubeProxyHangs: no answer from http://127.0.0.1:10256/livez (127.0.0.1:10256) within 5000 ms: kube-proxy hangs',
    ],
  ])
})

test('one that does not listen is told of where this machine has no IPv6 loopback address too', async () => {
  const local = { kind: 'local', code: 'EADDRNOTAVAIL', message: 'no own address or port left to ask from' } as const
  const refused = { kind: 'refused', code: 'ECONNREFUSED', message: 'connection refused at 127.0.0.1:10256' } as const
  const http = {
    'http://127.0.0.1:10256/livez': { failure: refused },
    'http://[::1]:10256/livez': { failure: local },
  }
  expect(await said('sick-stopped', { http })).toEqual([expect.stringMatching(/^problem ConnectionRefused: /)])
})

test('another program at its port is none, on a machine without Kubernetes nor on a node', async () => {
  const http = { 'http://127.0.0.1:10256/livez': { status: 500, body: 'oops' } }
  expect(await said('well-livez', { http })).toEqual([])
  await using root = await tempFolder()
  await writeTree(root.path, { 'etc/hostname': 'x' })
  const stale = { status: 503, body: '{"lastUpdated":"2024-05-12T03:00:00Z","currentTime":"2024-05-12T03:10:00Z"}' }
  const clock = handClock()
  const ways = sharedOver(root.path, clock, { http: { 'http://127.0.0.1:10256/livez': stale } })
  const check = startCheck(kubeProxy, { root: root.path, config: schema.parse({}), clock, shared: ways })
  for (let look = 0; look < 3; look++) expect((await check.run()).findings).toEqual([])
})

test('a program at its port that says nothing is none, where it has no pod and has not answered before', async () => {
  expect(await said('sick-hangs', { cri: {} })).toEqual([])
})

test('one whose container runs, and that listens elsewhere, is not known to be stopped', async () => {
  const container = { id: 'c', sandboxId: 'a', name: 'kube-proxy', attempt: 0, image: '', labels: {} }
  const of = (state: string) => ({ ok: true, answer: [{ ...container, state }] }) as never
  const withContainer = (state: string) => {
    const { cri = {} } = capturedIn(fixture(import.meta.url, 'sick-stopped/1'))
    return said('sick-stopped', { cri: { ...cri, containers: of(state) } })
  }
  expect(await withContainer('running')).toEqual([
    'unknown LivezNotServed: connection refused at 127.0.0.1:10256: kube-proxy is not listening, and its container runs; where it listens elsewhere (healthzBindAddress) write livezURL',
  ])
  expect((await withContainer('exited'))[0]).toMatch(/^problem ConnectionRefused/)
})

test('one that is a unit and no pod is stopped where that unit is, if it has answered before', async () => {
  const state = { name: 'kube-proxy.service', loadState: 'loaded', subState: 'dead', fileState: 'enabled' }
  const unit = (activeState: string) => ({
    'kube-proxy.service': {
      kind: 'known',
      unit: { ...state, activeState, activeEnteredAt: undefined, service: undefined },
    } as const,
  })
  const livez = { 'http://127.0.0.1:10256/livez': { status: 200, body: '{}' } }
  const last = async (first: Captured, then: Captured) => {
    const change: Record<string, unknown> = { cri: {}, ...first }
    await using check = await startFixture(kubeProxy, {
      folder: fixture(import.meta.url, 'sick-stopped'),
      config: schema.parse({}),
      sharedOver: (root, clock) => sharedOver(root, clock, change),
    })
    await check.run()
    Object.assign(change, { http: {} }, then)
    for (let look = 0; look < 2; look++) await check.run()
    return (await check.run()).findings.map(({ health, reason, message }) => `${health} ${reason}: ${message}`)
  }
  expect(await last({ http: livez }, { units: unit('inactive') })).toEqual([
    'problem ConnectionRefused: connection refused at 127.0.0.1:10256: kube-proxy is not listening; kube-proxy.service is inactive (dead)',
  ])
  const denied = { found: { kind: 'denied', name: 'containerd', path: '/x', place: '/x', message: 'no' } } as const
  const gone = { 'kube-proxy.service': { ...unit('inactive')['kube-proxy.service'] } }
  gone['kube-proxy.service'] = { kind: 'known', unit: { ...gone['kube-proxy.service'].unit, loadState: 'not-found' } }
  expect((await last({ http: livez }, { ...denied, units: gone }))[0]).toMatch(/^problem ConnectionRefused/)
  // One that lies there unused, or listens nowhere, was never seen to answer.
  expect(await last({}, { units: unit('inactive') })).toEqual([])
  expect(await last({}, { units: unit('active') })).toEqual([])
})

test('where there is none, or it was replaced by something else, nothing is said', async () => {
  expect(await said('sick-stopped', { cri: {} })).toEqual([])
  const without = { found: { kind: 'none', message: '' } } as const
  expect(await said('sick-stopped', without)).toEqual([])
})

test('its age is read of its own words alone', () => {
  expect(ageIn('{"lastUpdated":"2024-05-12T03:13:50Z","currentTime":"2024-05-12T03:14:10.5Z"}')).toBe(20_500)
  for (const text of ['', 'ok', '{}', 'null', '[]', '{"lastUpdated":"x","currentTime":"y"}'])
    expect(ageIn(text)).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => (ageIn(text) ?? 0) >= 0))
})

test('each key changes what is found of some machine', async () => {
  const names = Object.keys(schema.shape)
  const url = 'http://127.0.0.1:10257/livez'
  const livez = 'http://127.0.0.1:10256/livez'
  const timeout = { kind: 'timeout', code: '', message: 'no answer' } as const
  const late = { [livez]: { failure: timeout, sample: { ms: 9000, lateMs: 1500 } } }
  const without = await keysWithoutEffect(
    { definition: kubeProxy, schema, url: import.meta.url, names },
    {
      livezURL: { machine: 'well-livez', other: { livezURL: url } },
      criSocket: { machine: 'sick-stopped', other: { criSocket: '/run/x.sock' } },
      failureThreshold: { machine: 'sick-stale', other: { failureThreshold: 9 } },
      httpTimeout: { machine: 'sick-hangs', other: { httpTimeout: '10s' }, change: { http: late } },
    },
  )
  expect(without).toEqual([])
})
