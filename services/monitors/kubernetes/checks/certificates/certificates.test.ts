import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import type { KubeletOptions } from '#kube/kubelet'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, handClock, startCheck, startFixture } from '#monitor-kit/testing'
import { type Certificate, parseCertificates } from '#probe'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { createAuthority } from '../../../../../libs/probe/tls/testing-certificates.ts'
import { startFakeKubelet } from '../../../../../test/fakes/kubelet/kubelet.ts'
import { keysWithoutEffect } from '../../testing-keys.ts'
import { type Captured, sharedOver } from '../../testing-shared.ts'
import { createWays } from '../../ways.ts'
import { certificates } from './check.ts'
import { schema } from './config.ts'
import { evaluateCertificates, FIRST_CERTIFICATES } from './evaluate.ts'
import { firstToEnd } from './source.ts'

const DEFAULTS = schema.parse({})
const DAY_MS = 86_400_000
const NOW = new Date('2024-05-12T00:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'nd-certificates-'))
afterAll(() => rmSync(folder, { recursive: true }))

function inDays(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS)
}

function said(beganDays: number | undefined, endsDays: number, config = DEFAULTS) {
  const span = { notBefore: beganDays === undefined ? undefined : inDays(beganDays), notAfter: inDays(endsDays) }
  const watched = [{ name: 'x', span: observed({ ...span, subject: 'CN=x', fingerprint: '' }) }]
  const { health, severity, reason } = findingOf(
    evaluateCertificates(watched, config, FIRST_CERTIFICATES, NOW),
    'CertificateExpiring',
    'cert:x',
  )
  return [health, severity, reason].filter((word) => word !== undefined).join(' ')
}

describe('a certificate', () => {
  test.each<[string, number | undefined, number, string]>([
    ['of a year, with a month left', -335, 30, 'healthy CertificateValid'],
    ['of a year, under 8 % of it', -337, 28, 'problem warning CertificateExpiresSoon'],
    ['of a year, a week before its end', -358, 7, 'problem critical CertificateExpiresSoon'],
    ['of a year, a little before that', -356, 9, 'problem warning CertificateExpiresSoon'],
    ['of ten years, with a month left', -3620, 30, 'problem warning CertificateExpiresSoon'],
    ['of a day, with three hours left', -0.875, 0.125, 'healthy CertificateValid'],
    ['of a day, with an hour and a half left', -0.94, 0.06, 'problem warning CertificateExpiresSoon'],
    ['that has ended', -365, -0.001, 'problem critical CertificateExpired'],
    ['of 1970', -19_800, -19_700, 'problem critical CertificateExpired'],
    ['that begins in two days', 2, 400, 'problem warning CertificateNotYetValid'],
    ['that begins in an hour, by a clock that is off', 0.04, 400, 'healthy CertificateValid'],
    ['of which nobody knows when it began', undefined, 20, 'healthy CertificateValid'],
  ])('%s', (_, began, ends, expected) => {
    expect(said(began, ends)).toBe(expected)
  })

  test('of which nobody knows when it began has lived as long as was seen left of it', () => {
    let memory = FIRST_CERTIFICATES
    let words = ''
    for (const left of [300, 200, 23, 5]) {
      const span = { notBefore: undefined, notAfter: inDays(left), subject: '', fingerprint: '' }
      const verdict = evaluateCertificates([{ name: 'x', span: observed(span) }], DEFAULTS, memory, NOW)
      memory = verdict.memory
      words += `${verdict.findings[0]?.severity ?? verdict.findings[0]?.health} `
    }
    expect(words).toBe('healthy healthy warning critical ')
  })

  test('is never worse with more time left', () => {
    const rank = (words: string) => (words.startsWith('healthy') ? 0 : words.includes('warning') ? 1 : 2)
    const days = fc.double({ min: 0.001, max: 4000, noNaN: true })
    fc.assert(
      fc.property(days, days, days, (life, a, b) => {
        const [less, more] = [Math.min(a, b, life), Math.min(Math.max(a, b), life)]
        expect(rank(said(less - life, less))).toBeGreaterThanOrEqual(rank(said(more - life, more)))
      }),
    )
  })

  test('is told with what signed it, where that ends before', () => {
    const certificate = (subject: string, issuer: string, days: number): Certificate => ({
      ...{
        subject,
        issuer,
        serial: '1',
        notBefore: inDays(-10),
        notAfter: inDays(days),
        names: [],
        fingerprint: subject,
      },
    })
    const [leaf, between, root] = [
      certificate('leaf', 'between', 90),
      certificate('between', 'root', 10),
      certificate('root', 'root', 900),
    ]
    expect(firstToEnd([leaf, root, between])?.subject).toBe('between')
    expect(firstToEnd([leaf, certificate('other', 'other', 1)])?.subject).toBe('leaf')
    expect(firstToEnd([certificate('a', 'b', 9), certificate('b', 'a', 8)])?.subject).toBe('b')
    expect(firstToEnd([])).toBeUndefined()
  })
})

test('what is there is told once, whether by file, by handshake or by the kubelet', async () => {
  await using check = await startFixture(certificates, {
    folder: fixture(import.meta.url, 'sick-soon'),
    config: DEFAULTS,
    sharedOver,
  })
  const { findings } = await check.run()
  expect(findings.map(({ entity, reason, severity = '' }) => `${entity} ${reason} ${severity}`)).toEqual([
    'cert:/var/lib/kubelet/pki/kubelet.crt CertificateValid ',
    'cert:kubelet-client CertificateExpiresSoon warning',
    'cert:kubelet-server CertificateValid ',
    'cert:/etc/kubernetes/pki/apiserver.crt CertificateExpiresSoon warning',
    'cert:/etc/kubernetes/pki/front-proxy-client.crt CertificateExpired critical',
  ])
  expect(findingOf({ findings }, 'CertificateExpiring', 'cert:/var/lib/kubelet/pki/kubelet.crt').message).toMatch(
    /^the certificate \/var\/lib\/kubelet\/pki\/kubelet\.crt \(CN=good\.test\) ends on 2024-05-30 00:00 UTC, in 18 days, limit 12 days$/,
  )
})

test('what another check has heard of them is not asked for, and reckoned on', async () => {
  await using check = await startFixture(certificates, {
    folder: fixture(import.meta.url, 'sick-soon'),
    config: DEFAULTS,
    sharedOver(root, clock) {
      const ways = sharedOver(root, clock)
      const seconds = new Map([['kubelet_certificate_manager_client_ttl_seconds', 86_400 + 600]])
      ways.told.lifetimes = { url: DEFAULTS.metricsURL, atMs: clock.monotonicMs() - 600_000, seconds }
      const metrics = () => Promise.reject(new Error('asked all the same'))
      return { ...ways, kubelet: (options: KubeletOptions) => ({ ...ways.kubelet(options), metrics }) }
    },
  })
  expect(findingOf(await check.run(), 'CertificateExpiring', 'cert:kubelet-client').evidence?.value).toBe(1)
})

test('a certificate that the kubelet rotates, and shows, is told once', async () => {
  const leftSeconds = 5 * 86_400
  const shown = { subject: 'CN=y', issuer: 'CN=y', serial: '', names: [], fingerprint: 'y' }
  const said = async (serverSeconds: number) => {
    await using check = await startFixture(certificates, {
      folder: fixture(import.meta.url, 'sick-soon'),
      config: DEFAULTS,
      sharedOver(root, clock) {
        const notAfter = new Date(clock.now().getTime() + leftSeconds * 1000)
        const chain = [{ ...shown, notBefore: inDays(-360), notAfter }]
        const ways = sharedOver(root, clock, { tls: { '127.0.0.1:10250': { chain } } })
        const seconds = new Map([['kubelet_certificate_manager_server_ttl_seconds', serverSeconds]])
        ways.told.lifetimes = { url: DEFAULTS.metricsURL, atMs: clock.monotonicMs(), seconds }
        return ways
      },
    })
    const { findings } = await check.run()
    return findings.map(({ entity = '' }) => entity).filter((entity) => !entity.includes('/etc/'))
  }
  expect(await said(leftSeconds - 3)).toEqual(['cert:127.0.0.1:10250'])
  // Another that it has, and does not show yet.
  expect(await said(leftSeconds + 86_400)).toEqual(['cert:127.0.0.1:10250', 'cert:kubelet-server'])
})

test('a file of the kubelet that it does not use any more may end', async () => {
  const shown = { subject: 'CN=y', issuer: 'CN=y', serial: '', names: [], fingerprint: 'y' }
  const chain = [{ ...shown, notBefore: inDays(-1), notAfter: inDays(300) }]
  const said = async (change: Captured) => {
    await using check = await startFixture(certificates, {
      folder: fixture(import.meta.url, 'sick-soon'),
      config: DEFAULTS,
      sharedOver: (root, clock) => sharedOver(root, clock, change),
    })
    return (await check.run()).findings.map(({ entity = '' }) => entity).filter((entity) => !entity.includes('etc'))
  }
  const rotated = ['cert:kubelet-client', 'cert:kubelet-server']
  expect(await said({ tls: { '127.0.0.1:10250': { chain } } })).toEqual(['cert:127.0.0.1:10250', ...rotated])
  // Which it uses nobody knows while it shows none.
  expect(await said({ tls: {} })).toEqual(rotated)
})

test('what the kubelet showed is not known to be well, nor gone, while it shows nothing', async () => {
  const shown = { subject: 'CN=y', issuer: 'CN=y', serial: '', names: [], fingerprint: 'y' }
  const chain = [{ ...shown, notBefore: inDays(-300), notAfter: inDays(3) }]
  const change: { tls: Captured['tls'] & object } = { tls: { '127.0.0.1:10250': { chain } } }
  await using check = await startFixture(certificates, {
    folder: fixture(import.meta.url, 'sick-soon'),
    config: DEFAULTS,
    sharedOver: (root, clock) => sharedOver(root, clock, change),
  })
  const said = async () => findingOf(await check.run(), 'CertificateExpiring', 'cert:127.0.0.1:10250').health
  expect(await said()).toBe('problem')
  change.tls = {}
  for (let look = 0; look < 2; look++) expect(await said()).toBe('unknown')
})

test('what a kubelet rotates is unknown once it was seen and is not told any more, and not said to be there before', async () => {
  const refused = { kind: 'refused', code: '', message: 'connection refused at 127.0.0.1:10250' } as const
  let change: Captured = { kubelet: { failure: refused } }
  await using check = await startFixture(certificates, {
    folder: fixture(import.meta.url, 'sick-soon'),
    config: DEFAULTS,
    sharedOver: (root, clock) => ({
      ...sharedOver(root, clock),
      kubelet: (options: KubeletOptions) => sharedOver(root, clock, change).kubelet(options),
    }),
  })
  const rotated = async () =>
    (await check.run()).findings.filter(({ entity = '' }) => entity.startsWith('cert:kubelet-'))
  expect(await rotated()).toEqual([])
  change = {}
  expect((await rotated()).map(({ health }) => health)).toEqual(['problem', 'healthy'])
  change = { kubelet: { failure: refused } }
  expect((await rotated()).map(({ health, reason }) => `${health} ${reason}`)).toEqual(
    Array(2).fill('unknown NotAnswered'),
  )
})

test('a real handshake shows it, sends nothing, and a later certificate closes it', async () => {
  const authority = createAuthority(folder)
  await using root = await tempFolder()
  await writeTree(root.path, { 'var/lib/kubelet/x': '' })
  const old = authority.issue({ names: 'DNS:n1', to: '20240601000000Z' })
  const clock = { ...systemClock(), now: () => NOW, pass: handClock().pass, step: handClock().step }
  const start = (port: number) => {
    const metricsURL = `https://127.0.0.1:${port}/metrics`
    const config = schema.parse({ metricsURL, auth: { type: 'none' }, checkControlPlane: false })
    const shared = { ...createWays(), hostNetwork: () => Promise.resolve({ kind: 'same' } as const) }
    return startCheck(certificates, { root: root.path, config, clock, shared })
  }
  await using fake = await startFakeKubelet(old)
  const result = await start(fake.securePort).run()
  const entity = `cert:127.0.0.1:${fake.securePort}`
  expect(findingOf(result, 'CertificateExpiring', entity)).toMatchObject({
    health: 'problem',
    reason: 'CertificateExpiresSoon',
  })
  expect(fake.asked).toEqual([])
  expect(parseCertificates(old.cert).certificates[0]?.notAfter).toEqual(new Date('2024-06-01T00:00:00Z'))
  await using renewed = await startFakeKubelet(authority.issue({ names: 'DNS:n1', to: '20260601000000Z' }))
  const after = await start(renewed.securePort).run()
  expect(findingOf(after, 'CertificateExpiring', `cert:127.0.0.1:${renewed.securePort}`).health).toBe('healthy')
})

test('each key changes what is found of some machine', async () => {
  const names = Object.keys(schema.shape)
  const soon = { machine: 'sick-soon', looks: 1 }
  const shown = {
    chain: [
      { subject: 'CN=y', issuer: 'CN=y', serial: '', names: [], fingerprint: 'y', notBefore: NOW, notAfter: NOW },
    ],
  }
  const without = await keysWithoutEffect(
    { definition: certificates, schema, url: import.meta.url, names },
    {
      checkKubelet: { ...soon, other: { checkKubelet: false } },
      checkControlPlane: { ...soon, other: { checkControlPlane: false } },
      files: { ...soon, other: { files: ['/gone.pem'] } },
      endpoints: {
        ...soon,
        other: { endpoints: [{ address: '10.0.0.1:6443' }] },
        change: { tls: { '10.0.0.1:6443': shown } },
      },
      noticeDays: { ...soon, other: { noticeDays: 5 } },
      noticePercent: { ...soon, other: { noticePercent: 1 } },
      criticalDays: { ...soon, keys: { criticalPercent: 50 }, other: { criticalDays: 25 } },
      criticalPercent: { ...soon, keys: { criticalDays: 30 }, other: { criticalPercent: 50 } },
      metricsURL: { ...soon, other: { metricsURL: 'https://127.0.0.1:10255/metrics' } },
      handshakeTimeout: {
        ...soon,
        keys: { endpoints: [{ address: '10.0.0.1:6443' }] },
        other: { handshakeTimeout: '100ms' },
        change: { tls: { '10.0.0.1:6443': shown }, tookMs: { handshake: 200 } },
      },
      auth: { ...soon, other: { auth: { type: 'none' } } },
    },
  )
  expect(without).toEqual([])
})
