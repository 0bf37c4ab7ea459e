/** The check at a strict kubelet, by its real ways but for the API server's token. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import type { Unit } from '#host'
import { type KubeAccess, KubeUnreachableError } from '#kube'
import { findingOf, handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { type FakeKubeletAnswers, startFakeKubelet } from '../../../../../test/fakes/kubelet/kubelet.ts'
import { createWays, type Ways } from '../../ways.ts'
import { kubelet } from './check.ts'
import { schema } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nd-kubelet-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const authority = createAuthority(folder)
const ofNode = authority.issue({ names: 'DNS:n1' })

/** What its metrics are after so many seconds in which it did what it always does. */
function metricsAfter(seconds: number, { renews = true, relistSeconds = 0.002 } = {}): string {
  return `kubelet_pleg_relist_duration_seconds_sum ${seconds * relistSeconds}
kubelet_pleg_relist_duration_seconds_count ${seconds}
kubelet_runtime_operations_duration_seconds_sum{operation_type="list_podsandbox"} ${seconds * 0.001}
kubelet_runtime_operations_duration_seconds_count{operation_type="list_podsandbox"} ${seconds}
rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} ${renews ? 10 + seconds : 10}
rest_client_requests_total{code="<error>",host="10.0.0.1:6443",method="PUT"} ${renews ? 0 : seconds}
process_start_time_seconds 1796013889.39
`
}

function unitOf(more: Partial<Unit> = {}): Unit {
  const service = { result: 'success', mainPid: 812, restarts: 0, exitStatus: 0 }
  const state = { name: 'kubelet.service', loadState: 'loaded', activeState: 'active', subState: 'running' }
  return { ...state, activeEnteredAt: new Date('2024-05-12T02:00:00Z'), fileState: 'enabled', service, ...more }
}

interface Setting {
  readonly answers?: FakeKubeletAnswers
  readonly keys?: object
  readonly files?: Readonly<Record<string, string>>
  readonly ca?: string
}

/** A node with a kubelet, the check of it, and its unit, which a test sets. */
async function scene({ answers = {}, keys = {}, files = {}, ca = authority.cert }: Setting = {}) {
  const stack = new AsyncDisposableStack()
  const root = stack.use(await tempFolder())
  await writeTree(root.path, { 'var/lib/kubelet/x': '', ...files })
  const fake = stack.use(await startFakeKubelet({ ...ofNode, answers: { metrics: metricsAfter(0), ...answers } }))
  let unit: Unit | undefined = unitOf()
  let isKnown = false
  const credentials = {
    headers: { authorization: 'Bearer good' },
    ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    verify: true,
  }
  const access = { credentials: () => Promise.resolve(credentials) } as unknown as KubeAccess
  const ways: Ways = {
    ...createWays(),
    hostNetwork: () => Promise.resolve({ kind: 'same' }),
    access: () => Promise.resolve(access),
    apiServer: () => ({
      ...createWays().apiServer({ access, userAgent: '' }),
      whoAmI: () =>
        isKnown
          ? Promise.resolve({ kind: 'known', name: 'system:serviceaccount:a:b', groups: [] })
          : Promise.reject(
              new KubeUnreachableError('create selfsubjectreviews', 'https://10.0.0.1:6443', new Error('no answer')),
            ),
    }),
    unit: (_host, name) =>
      Promise.resolve(
        unit?.name === name
          ? { kind: 'known', unit }
          : {
              kind: 'known',
              unit: unitOf({ name, loadState: 'not-found', activeState: 'inactive', subState: 'dead' }),
            },
      ),
  }
  const hand = handClock()
  let passedMs = 0
  const real = systemClock()
  // The system's clock, by which answers are waited for, and which a test moves on.
  const clock = {
    ...real,
    monotonicMs: () => real.monotonicMs() + passedMs,
    step: hand.step,
    pass(ms: number) {
      passedMs += ms
    },
  }
  const config = schema.parse({
    ...{ healthzURL: `http://127.0.0.1:${fake.healthzPort}/healthz`, httpTimeout: '300ms' },
    ...{ metricsURL: `https://127.0.0.1:${fake.securePort}/metrics`, ...keys },
  })
  const check = startCheck(kubelet, { root: root.path, config, memory: heldMemory(), clock, shared: ways })
  return {
    fake,
    check,
    setUnit: (next: Unit | undefined) => {
      unit = next
    },
    setKnown: (known: boolean) => {
      isKnown = known
    },
    place: `127.0.0.1:${fake.healthzPort}`,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('a kubelet', () => {
  test('that is well is well in all, and is given a token', async () => {
    await using at = await scene()
    await at.check.run()
    at.fake.answers.metrics = metricsAfter(30)
    const result = await at.check.run()
    expect(result.findings.map(({ type, health, reason }) => [type, health, reason])).toEqual([
      ['KubeletUnhealthy', 'healthy', 'HealthzPassed'],
      ['KubeletSlow', 'healthy', 'InTime'],
      ['KubeletCutOff', 'healthy', 'LeaseRenewed'],
    ])
    expect(at.fake.asked.filter((one) => one.includes('metrics'))).toEqual(['GET /metrics good', 'GET /metrics good'])
  })

  test('is asked for its metrics every two minutes while it is well', async () => {
    await using at = await scene()
    for (let turn = 0; turn < 11; turn++) {
      at.fake.answers.metrics = metricsAfter(turn * 30)
      await at.check.run()
    }
    // At 0 s, since two are needed at 30 s, and then at 150 s and 270 s.
    expect(at.fake.asked.filter((one) => one === 'GET /metrics good')).toHaveLength(4)
    expect(at.fake.asked.filter((one) => one === 'GET /healthz')).toHaveLength(11)
  })

  test('that is stopped is a problem from the second check on, in words to act on, and is over when it is back', async () => {
    await using at = await scene()
    await at.check.run()
    await at.fake.stop()
    at.setUnit(unitOf({ activeState: 'inactive', subState: 'dead', service: undefined }))
    expect(findingOf(await at.check.run(), 'KubeletUnhealthy')).toMatchObject({ health: 'healthy', pending: true })
    const result = await at.check.run()
    expect(findingOf(result, 'KubeletUnhealthy')).toMatchObject({
      health: 'problem',
      severity: 'critical',
      reason: 'ConnectionRefused',
      message: expect.stringContaining(
        `connection refused at ${at.place}: the kubelet is not listening; kubelet.service is inactive (dead)`.replace(
          /^connection refused at /,
          'connection refused at ',
        ),
      ),
      action: 'restart-service',
    })
    expect(findingOf(result, 'KubeletCutOff').health).not.toBe('problem')
    await using _back = await startFakeKubelet({ ...ofNode, healthzPort: at.fake.healthzPort })
    expect(findingOf(await at.check.run(), 'KubeletUnhealthy')).toMatchObject({
      health: 'healthy',
      reason: 'HealthzPassed',
    })
  })

  test('that stands still hangs; one that says that it is not well says why', async () => {
    await using at = await scene()
    await at.check.run()
    at.fake.answers.healthz = 'hangs'
    await at.check.run()
    expect(findingOf(await at.check.run(), 'KubeletUnhealthy')).toMatchObject({
      reason: 'KubeletHangs',
      message: expect.stringMatching(
        /within 300 ms: the kubelet hangs or is overloaded; kubelet.service is active \(running\)$/,
      ),
    })
    at.fake.answers.healthz = {
      status: 500,
      body: '[+]ping ok\n[-]syncloop failed: reason withheld\nhealthz check failed\n',
    }
    expect(findingOf(await at.check.run(), 'KubeletUnhealthy')).toMatchObject({
      reason: 'HealthzFailed',
      message: 'the kubelet answers with 500: not well: syncloop',
    })
  })

  test('that the API server does not hear is cut off, until its counters grow', async () => {
    await using at = await scene()
    const said = async (seconds: number, renews: boolean) => {
      at.fake.answers.metrics = metricsAfter(seconds, { renews })
      return findingOf(await at.check.run(), 'KubeletCutOff')
    }
    at.fake.answers.metrics = metricsAfter(0, { renews: false })
    await at.check.run()
    expect(await said(30, false)).toMatchObject({ health: 'healthy', pending: true })
    expect(await said(60, false)).toMatchObject({
      health: 'problem',
      reason: 'LeaseNotRenewed',
      message: expect.stringMatching(
        /^the API server at 10\.0\.0\.1:6443 has taken no renewal of the kubelet's lease for 60(?:\.\d)? s, limit 60 s: 60 requests without an answer$/,
      ),
    })
    expect(await said(90, true)).toMatchObject({ health: 'healthy', reason: 'LeaseRenewed' })
  })

  test('that does not take our token any more, while the API server does, cannot ask it; where nobody reaches it that is unknown', async () => {
    await using at = await scene()
    await at.check.run()
    at.fake.refuses = true
    const said = async () => findingOf(await at.check.run(130_000), 'KubeletCutOff')
    expect(await said()).toMatchObject({ health: 'unknown', reason: 'TokenRefused' })
    at.setKnown(true)
    expect(await said()).toMatchObject({ health: 'healthy', pending: true })
    expect(await said()).toMatchObject({
      ...{ health: 'problem', severity: 'critical', reason: 'ApiServerNotAsked' },
      message: expect.stringMatching(
        /^the API server knows this account, and the kubelet, which took it before, does not any more: it has to ask/,
      ),
    })
    at.fake.refuses = false
    at.fake.answers.metrics = metricsAfter(30)
    expect(await said()).toMatchObject({ health: 'healthy', reason: 'LeaseRenewed' })
  })

  test('whose lists of pods take long is slow', async () => {
    await using at = await scene()
    await at.check.run()
    at.fake.answers.metrics = metricsAfter(4, { relistSeconds: 7 })
    expect(findingOf(await at.check.run(), 'KubeletSlow')).toMatchObject({
      health: 'problem',
      severity: 'warning',
      message: 'a list of pods (PLEG) took 7 s on average, limit 5 s',
    })
  })

  test('that is none we know is given no token, and what it would say is unknown', async () => {
    const other = createAuthority(mkdtempSync(join(folder, 'other-')))
    await using at = await scene({ ca: other.cert })
    const result = await at.check.run()
    expect(findingOf(result, 'KubeletUnhealthy').health).toBe('healthy')
    for (const type of ['KubeletSlow', 'KubeletCutOff'])
      expect(findingOf(result, type)).toMatchObject({ health: 'unknown', reason: 'CertificateUnverified' })
    expect(at.fake.asked).toEqual(['GET /healthz'])
  })

  test('that is started anew is told once, also by a check that was started anew meanwhile', async () => {
    await using at = await scene()
    expect((await at.check.run()).events).toEqual([])
    const service = { result: 'exit-code', mainPid: 913, restarts: 1, exitStatus: 1 }
    at.setUnit(unitOf({ activeEnteredAt: new Date('2024-05-12T03:00:00Z'), service }))
    const told = [(await at.check.run(130_000)).events, (await at.check.run(130_000)).events]
    expect(told).toEqual([
      [
        {
          reason: 'KubeletRestarted',
          severity: 'warning',
          message: 'systemd has started the kubelet again, for the 1. time',
          at: new Date('2024-05-12T03:00:00Z'),
        },
      ],
      [],
    ])
  })

  test('whose file was changed does not run with it', async () => {
    const path = 'var/lib/kubelet/config.yaml'
    await using at = await scene({
      answers: { configz: { maxPods: 110 } },
      files: { [path]: 'maxPods: 200\n', 'proc/812/cmdline': '/usr/bin/kubelet\0--v=2\0' },
    })
    await at.check.run()
    expect(findingOf(await at.check.run(), 'KubeletConfigDrift')).toMatchObject({
      health: 'problem',
      severity: 'warning',
      message: expect.stringMatching(
        /^\/var\/lib\/kubelet\/config\.yaml is not in force: maxPods; maxPods is 200 in the file, and the kubelet runs with 110\./,
      ),
    })
  })
})

describe('a machine', () => {
  test('without a kubelet is one of which nothing is said', async () => {
    await using at = await scene()
    await at.fake.stop()
    at.setUnit(undefined)
    expect((await at.check.run()).findings).toEqual([])
  })

  test('whose kubelet never served healthz may have it elsewhere', async () => {
    await using at = await scene()
    await at.fake.stop()
    expect(findingOf(await at.check.run(), 'KubeletUnhealthy')).toMatchObject({
      health: 'unknown',
      reason: 'HealthzNotServed',
    })
  })
})
