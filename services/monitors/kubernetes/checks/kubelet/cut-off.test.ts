/** Whether the API server takes what a strict kubelet renews. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findingOf, heldMemory } from '#monitor-kit/testing'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { schema } from './config.ts'
import { judgeCutOff } from './cut-off.ts'
import type { Figures } from './figures.ts'
import { kubeletScene, metricsAfter, type Setting, unitOf } from './testing-scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'nd-kubelet-cut-off-'))
afterAll(() => rmSync(folder, { recursive: true }))
const authority = createAuthority(folder)
const ofNode = authority.issue({ names: 'DNS:n1' })

const scene = (setting: Partial<Setting> = {}) => kubeletScene({ shows: ofNode, ca: authority.cert, ...setting })

const figures = (codes: Readonly<Record<string, number>>): Figures => ({
  ...{ atMs: codes['atMs'] ?? 0, renewals: 10, servers: [], startedSeconds: 1, startedMs: 1000, isEvented: false },
  ...{
    relist: undefined,
    operations: new Map(),
    requests: new Map(Object.entries(codes).filter(([key]) => key !== 'atMs')),
  },
})

test.each<[string, Readonly<Record<string, number>>, string]>([
  ['answered with 401 alone', { 401: 12 }, 'KubeletNotKnown'],
  ['answered with 401 once among many without an answer', { 401: 1, '<error>': 12 }, 'LeaseNotRenewed'],
  ['refused', { 403: 12 }, 'LeaseNotRenewed'],
])(
  'a kubelet whose requests are %s has that for a reason, and no more in its headline than is known',
  (_, codes, reason) => {
    const around = { isUnreached: false, leaseMs: 40_000, lastMs: 30_000 }
    const said = judgeCutOff(figures({}), figures({ ...codes, atMs: 60_000 }), schema.parse({}), around)
    expect(said).toMatchObject({ health: 'problem', reason })
    expect(said.summary).toBe('the API server takes nothing of the kubelet: its lease is not renewed')
  },
)

describe('a kubelet', () => {
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
        /^the API server at 10\.0\.0\.1:6443 has taken no renewal of the kubelet's lease for 6\d(?:\.\d)? s, limit 60 s: 60 requests without an answer$/,
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
    expect(await said()).toMatchObject({ health: 'healthy', pending: true, reason: 'FirstLook' })
    at.fake.answers.metrics = metricsAfter(60)
    expect(findingOf(await at.check.run(), 'KubeletCutOff')).toMatchObject({
      health: 'healthy',
      reason: 'LeaseRenewed',
    })
  })

  test('that took our token before this process began is known to have taken it; the API server is not asked while it is not reached', async () => {
    const memory = heldMemory()
    await using before = await scene({ memory })
    before.fake.answers.metrics = metricsAfter(30)
    await before.check.run()
    await using at = await scene({ memory })
    at.fake.refuses = true
    at.setKnown(true)
    const said = async () => {
      at.told.apiServer = { isUnreached, atMs: at.check.clock.monotonicMs() + 130_000 }
      return findingOf(await at.check.run(130_000), 'KubeletCutOff')
    }
    let isUnreached = true
    expect(await said()).toMatchObject({ health: 'unknown', reason: 'TokenRefused' })
    expect(at.asksApi()).toBe(0)
    isUnreached = false
    expect(await said()).toMatchObject({ health: 'healthy', pending: true })
    expect(await said()).toMatchObject({ health: 'problem', reason: 'ApiServerNotAsked' })
  })

  test('of which nobody knows that it took our token, and that the API server knows us by, is asked again in two minutes', async () => {
    await using at = await scene()
    at.setKnown(true)
    at.fake.refuses = true
    expect(findingOf(await at.check.run(), 'KubeletCutOff')).toMatchObject({
      health: 'unknown',
      reason: 'TokenRefused',
    })
    at.fake.refuses = false
    expect(findingOf(await at.check.run(130_000), 'KubeletCutOff')).toMatchObject({
      pending: true,
      reason: 'FirstLook',
    })
  })

  test('that takes another identity than the one the API server knows is not cut off by that', async () => {
    const files = { 'etc/other-token': 'good\n' }
    await using at = await scene({ files, keys: { auth: { tokenFile: '/etc/other-token' } } })
    at.setKnown(true)
    await at.check.run()
    at.fake.refuses = true
    for (let turn = 0; turn < 3; turn++)
      expect(findingOf(await at.check.run(1_300_000), 'KubeletCutOff')).toMatchObject({
        health: 'unknown',
        reason: 'TokenRefused',
      })
  })

  test('that was started anew and takes nobody’s token since is not cut off by that', async () => {
    await using at = await scene()
    at.setKnown(true)
    await at.check.run()
    at.fake.refuses = true
    const service = { result: 'success', mainPid: 913, restarts: 0, exitStatus: 0 }
    at.setUnit(unitOf({ service }))
    for (let turn = 0; turn < 3; turn++)
      expect(findingOf(await at.check.run(1_300_000), 'KubeletCutOff')).toMatchObject({
        health: 'unknown',
        reason: 'TokenRefused',
      })
  })

  test.each([
    ['whose file has it ask the API server whose a token is', '', 'problem'],
    ['whose command line may say otherwise', '--authentication-token-webhook=false', 'unknown'],
  ])('that was started anew, %s, and takes none that the API server knows', async (_, flag, health) => {
    const files = {
      'proc/913/cmdline': ['/usr/bin/kubelet', '--config=/etc/kubelet.yaml', flag, ''].join('\0'),
      'etc/kubelet.yaml': 'authentication:\n  webhook: {enabled: true}\n',
    }
    await using at = await scene({ files })
    at.setKnown(true)
    await at.check.run()
    at.fake.refuses = true
    at.setUnit(unitOf({ service: { result: 'success', mainPid: 913, restarts: 0, exitStatus: 0 } }))
    const said = async () => findingOf(await at.check.run(130_000), 'KubeletCutOff')
    expect(await said()).toMatchObject(health === 'problem' ? { health: 'healthy', pending: true } : { health })
    const told = await said()
    expect(told).toMatchObject({ health })
    if (health === 'problem')
      expect(told.message).toMatch(/whose file has it ask whose a token is, does not: it has to ask/)
  })

  test('is cut off also where it renewed something since the look before the last pair', async () => {
    await using at = await scene()
    const said = async (seconds: number, renews: boolean, afterMs = 30_000) => {
      at.fake.answers.metrics = metricsAfter(seconds, { renews })
      return findingOf(await at.check.run(afterMs), 'KubeletCutOff')
    }
    await said(0, true)
    await said(30, true)
    // Its last renewal was soon after: 20 minutes later nothing is renewed any more.
    const renewals = 'rest_client_requests_total{code="200",host="10.0.0.1:6443",method="PUT"} 45\n'
    at.fake.answers.metrics = `${renewals}process_start_time_seconds 1796013889.39\n`
    expect(findingOf(await at.check.run(1_200_000), 'KubeletCutOff')).toMatchObject({ pending: true })
    expect(findingOf(await at.check.run(), 'KubeletCutOff')).toMatchObject({ pending: true })
    expect(findingOf(await at.check.run(), 'KubeletCutOff')).toMatchObject({
      health: 'problem',
      reason: 'LeaseNotRenewed',
    })
  })

  test('whose node reaches no API server is not told of as well; its silence is counted from when one is back', async () => {
    await using at = await scene()
    let seconds = 0
    const said = async (isUnreached: boolean) => {
      seconds += 30
      at.fake.answers.metrics = metricsAfter(seconds, { renews: false })
      at.told.apiServer = { isUnreached, atMs: at.check.clock.monotonicMs() }
      return findingOf(await at.check.run(), 'KubeletCutOff')
    }
    await said(false)
    for (let turn = 0; turn < 4; turn++)
      expect(await said(true)).toMatchObject({ health: 'unknown', reason: 'ApiServerNotReached' })
    expect(await said(false)).toMatchObject({ health: 'healthy', pending: true, reason: 'NotSustainedYet' })
    await said(false)
    expect(await said(false)).toMatchObject({ health: 'problem', reason: 'LeaseNotRenewed' })
  })

  test('whose lease is good for longer is silent for longer before it is cut off', async () => {
    const path = 'var/lib/kubelet/config.yaml'
    const files = { [path]: 'maxPods: 110\n', 'proc/812/cmdline': '/usr/bin/kubelet\0' }
    await using at = await scene({ answers: { configz: { maxPods: 110, nodeLeaseDurationSeconds: 300 } }, files })
    at.fake.answers.metrics = metricsAfter(0, { renews: false })
    for (let turn = 0; turn < 10; turn++)
      expect(findingOf(await at.check.run(), 'KubeletCutOff')).toMatchObject({ health: 'healthy', pending: true })
    expect(findingOf(await at.check.run(), 'KubeletCutOff').health).toBe('problem')
  })
})
