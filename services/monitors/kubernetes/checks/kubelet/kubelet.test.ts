/** The check at a strict kubelet. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findingOf } from '#monitor-kit/testing'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { startFakeKubelet } from '../../../../../test/fakes/kubelet/kubelet.ts'
import { schema } from './config.ts'
import { kubeletScene, metricsAfter, type Setting, unitOf } from './testing-scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'nd-kubelet-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const authority = createAuthority(folder)
const ofNode = authority.issue({ names: 'DNS:n1' })

const scene = (setting: Partial<Setting> = {}) => kubeletScene({ shows: ofNode, ca: authority.cert, ...setting })

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
    expect(at.told.servers).toEqual([{ address: '10.0.0.1', port: 6443 }])
  })

  test('is asked for its metrics in threes while it is well, by default every 20 minutes', async () => {
    await using at = await scene({ keys: { metricsInterval: '2m' } })
    for (let turn = 0; turn < 11; turn++) {
      at.fake.answers.metrics = metricsAfter(turn * 30)
      await at.check.run()
    }
    // At 0, 30 and 60 s; at 150, which is soon after; at 270 and 300.
    expect(at.fake.asked.filter((one) => one === 'GET /metrics good')).toHaveLength(6)
    expect(at.fake.asked.filter((one) => one === 'GET /healthz')).toHaveLength(11)
    expect(schema.parse({}).metricsInterval).toBe(1_200_000)
  })

  test('is asked at once where another check sees that something is wrong on which it leans', async () => {
    await using at = await scene()
    for (const seconds of [0, 30, 60, 90]) {
      at.fake.answers.metrics = metricsAfter(seconds)
      await at.check.run()
    }
    expect(at.fake.asked.filter((one) => one === 'GET /metrics good')).toHaveLength(3)
    at.told.troubleMs = at.check.clock.monotonicMs()
    await at.check.run()
    expect(at.fake.asked.filter((one) => one === 'GET /metrics good')).toHaveLength(4)
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

  test('that is not well tells nothing more at once, and that it was started anew is told at once', async () => {
    await using at = await scene()
    for (const seconds of [0, 30]) {
      at.fake.answers.metrics = metricsAfter(seconds)
      await at.check.run()
    }
    const service = { result: 'success', mainPid: 913, restarts: 0, exitStatus: 0 }
    at.setUnit(unitOf({ service }))
    expect((await at.check.run()).events).toHaveLength(1)
    at.fake.answers.healthz = { status: 500, body: '[-]syncloop failed: reason withheld' }
    const result = await at.check.run()
    for (const type of ['KubeletSlow', 'KubeletCutOff'])
      expect(findingOf(result, type)).toMatchObject({ health: 'unknown', reason: 'NotAnswered' })
  })

  test('whose lists of pods take long is slow', async () => {
    await using at = await scene()
    await at.check.run()
    at.fake.answers.metrics = metricsAfter(4, { relistSeconds: 7 })
    expect(findingOf(await at.check.run(), 'KubeletSlow')).toMatchObject({ health: 'healthy', pending: true })
    at.fake.answers.metrics = metricsAfter(8, { relistSeconds: 7 })
    expect(findingOf(await at.check.run(), 'KubeletSlow')).toMatchObject({
      health: 'problem',
      severity: 'warning',
      message: 'a list of pods (PLEG) took 7 s on average, limit 5 s',
    })
  })

  test('that is told by the runtime of each pod lists them now and then, and is not slow by that', async () => {
    await using at = await scene({ answers: { metrics: metricsAfter(9) } })
    await at.check.run()
    await at.check.run()
    expect(findingOf(await at.check.run(), 'KubeletSlow').health).toBe('problem')
    at.fake.answers.metrics = `${metricsAfter(9)}kubelet_evented_pleg_connection_success_count 1\n`
    for (let turn = 0; turn < 3; turn++) await at.check.run()
    expect(findingOf(await at.check.run(), 'KubeletSlow')).toMatchObject({ health: 'healthy', reason: 'InTime' })
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

  test.each([
    ['maxPods: 200\n', 'maxPods; maxPods is 200', '110. It was changed and the kubelet not restarted'],
    [
      'maxPodss: 3\n',
      'maxPodss; maxPodss is 3',
      'nothing. The kubelet does not know it, or it was not restarted since',
    ],
  ])('whose file was changed does not run with it (%s)', async (text, inFile, inForce) => {
    const path = 'var/lib/kubelet/config.yaml'
    await using at = await scene({
      answers: { configz: { maxPods: 110 } },
      files: { [path]: text, 'proc/812/cmdline': '/usr/bin/kubelet\0--v=2\0' },
    })
    await at.check.run()
    expect(findingOf(await at.check.run(), 'KubeletConfigDrift')).toMatchObject({
      health: 'problem',
      severity: 'warning',
      message: `/${path} is not in force: ${inFile} in the file, and the kubelet runs with ${inForce}`,
    })
  })
})

describe('a machine', () => {
  test('without a kubelet is one of which nothing is said, also where another program has its port', async () => {
    const answers = { healthz: { status: 404, body: '404 page not found' } }
    await using other = await scene({ answers, hasFolder: false })
    other.setUnit(undefined)
    for (let turn = 0; turn < 3; turn++) expect((await other.check.run()).findings).toEqual([])
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
