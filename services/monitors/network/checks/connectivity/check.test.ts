import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '#monitor-kit'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { addressesIn, readHosts } from '../../names/hosts-file.ts'
import { sharedOver } from '../../testing-shared.ts'
import type { Attempt } from './asking.ts'
import { connectivity } from './check.ts'
import { schema } from './config.ts'
import { endpointsOf } from './endpoints.ts'
import { evaluateConnectivity } from './evaluate.ts'
import { judgeCertificate } from './judge-certificate.ts'
import type { ConnectivityMemory } from './memory.ts'

async function over(name: string) {
  const folder = fixture(import.meta.url, name)
  const config = schema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')))
  return startFixture(connectivity, { folder, config, sharedOver })
}
const problems = (findings: readonly Finding[]) =>
  findings
    .filter(({ health }) => health === 'problem')
    .map(({ type, entity, severity, reason }) => `${type} ${entity} ${severity} ${reason}`)

const ENTITY = 'endpoint:network-connectivity-check'

describe('endpoints', () => {
  it('are well over TCP, TLS and HTTP, whose names the host or a nameserver knows', async () => {
    await using check = await over('well-three')
    const { findings } = await check.run()
    expect(
      findings.filter(({ type }) => type !== 'EndpointSlow').map((one) => `${one.entity}: ${one.message}`),
    ).toEqual([
      'endpoint:api: 200 from https://api.corp.example/',
      'endpoint:api: the certificate of CN=api.corp.example is valid until 2026-01-01',
      'endpoint:registry: a connection to 10.1.0.8',
      'endpoint:tls: a handshake with 10.1.0.9',
      'endpoint:tls: the certificate of CN=api.corp.example is valid until 2026-01-01',
    ])
  })

  it.each([
    ['sick-refused', `EndpointUnreachable ${ENTITY} warning ConnectionRefused`],
    ['sick-slow', `EndpointSlow ${ENTITY} warning AnswersSlowly`],
    ['sick-expiring', `EndpointCertificateExpiring ${ENTITY} warning ExpiresSoon`],
    ['sick-expired', `EndpointCertificateExpiring ${ENTITY} critical Expired`],
  ])('have one problem for one cause: %s', async (name, problem) => {
    await using check = await over(name)
    await check.run()
    expect(problems((await check.run()).findings)).toEqual([problem])
  })

  it('say what is wrong in words to act on', async () => {
    await using check = await over('sick-refused')
    await check.run()
    expect(findingOf(await check.run(), 'EndpointUnreachable', ENTITY).message).toBe(
      'connection refused at 10.1.0.7:5000: nobody listens',
    )
  })

  it('that cannot be asked for make the run incomplete, and tell no secret', () => {
    const config = schema.parse({ url: 'tcp://user:secret@host', endpoints: [{ url: 'https://u:p@h/a?token=x' }] })
    const { endpoints, faults } = endpointsOf(config, 'own')
    expect(faults).toEqual([
      'endpoint own has no address that can be asked: a host, and a port where the scheme has none',
    ])
    expect(endpoints.map(({ name }) => name)).toEqual(['https://h/a'])
  })
})

const config = schema.parse({ url: 'tcp://h:1', retries: 0 })
const { endpoints } = endpointsOf(config, 'own')
const attempt = (failure?: Attempt['failure'], lateMs = 0): Attempt => ({
  sample: { ms: failure === undefined ? 1 : 5000, lateMs },
  failure,
  said: 'a connection to h',
  certificate: undefined,
  isExpired: false,
})
const timeout = { kind: 'timeout', code: '', message: 'no answer' } as const
const own = { kind: 'local', code: '', message: 'no port left' } as const

function said(attempts: readonly Attempt[]): readonly Finding[] {
  let memory: ConnectivityMemory = new Map()
  let findings: readonly Finding[] = []
  for (const one of attempts) {
    const answered = [{ endpoint: endpoints[0]!, attempts: [one] }]
    ;({ memory, findings } = evaluateConnectivity(answered, config, memory, new Date('2024-05-12')))
  }
  return findings
}

describe('rounds', () => {
  it('accuse nobody where the prober was late, or could not ask', () => {
    expect(problems(said([attempt(), attempt(timeout, 2000), attempt(timeout, 2000)]))).toEqual([])
    expect(said([attempt(), ...Array.from({ length: 3 }, () => attempt(timeout, 2000))])[0]?.reason).toBe('ProberLate')
    expect(said([attempt(), attempt(own)])[0]).toMatchObject({ health: 'unknown', reason: 'CouldNotAsk' })
    expect(problems(said([attempt(timeout), attempt(timeout)]))).toHaveLength(1)
  })

  it('are never a problem by one, and well after one that is good', () => {
    const all = fc.array(fc.constantFrom(attempt(), attempt(timeout), attempt(timeout, 2000), attempt(own)), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(all, (rounds) => {
        if (rounds.length === 1) expect(problems(said(rounds))).toEqual([])
        const last = said([...rounds, attempt()])
        expect(last.every(({ health, pending }) => health === 'healthy' && pending !== true)).toBe(true)
      }),
    )
  })
})

describe('a certificate', () => {
  const now = new Date('2024-05-12T00:00:00Z')
  const of = (notBefore: string | undefined, notAfter: string | undefined) => {
    const time = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
    const texts = { subject: 'CN=x', issuer: 'CN=y', serial: '1', names: [], fingerprint: '' }
    return judgeCertificate('x', { ...texts, notBefore: time(notBefore), notAfter: time(notAfter) }, config, now)
  }
  it.each([
    ['of a year, with 40 days', '2023-06-20', '2024-06-21', 'healthy', 'CertificateValid'],
    ['of a year, with 20 days', '2023-06-01', '2024-06-01', 'problem', 'ExpiresSoon'],
    ['of a day, with 20 hours', '2024-05-11T20:00:00Z', '2024-05-12T20:00:00Z', 'healthy', 'CertificateValid'],
    ['of 1970', '1970-01-01', '1970-01-02', 'problem', 'Expired'],
    ['without an end', '2023-06-01', undefined, 'unknown', 'CertificateUnreadable'],
    ['of which the beginning is no time', undefined, '2024-05-14', 'problem', 'ExpiresSoon'],
  ])('%s', (_, notBefore, notAfter, health, reason) => {
    expect(of(notBefore, notAfter)).toMatchObject({ health, reason })
  })

  it('is critical in its last days', () => {
    expect(of('2023-05-13', '2024-05-15')).toMatchObject({ severity: 'critical' })
    expect(of('2024-05-12', '2024-05-11')).toMatchObject({ reason: 'Expired' })
  })
})

it('reads a hosts file, whatever stands in it', () => {
  const text = '127.0.0.1\tlocalhost\n10.1.0.8 registry Registry.corp # ours\n::1 localhost\nno address\n'
  const hosts = readHosts(text)
  expect(addressesIn(hosts, 'registry.CORP.')).toEqual(['10.1.0.8'])
  expect(addressesIn(hosts, 'localhost')).toEqual(['127.0.0.1', '::1'])
  expect(addressesIn(hosts, 'address')).toEqual([])
  fc.assert(fc.property(fc.string(), fc.string(), (any, name) => void addressesIn(readHosts(any), name)))
  // By steps that grow with the square this takes minutes.
  expect(addressesIn(readHosts(`${':'.repeat(1_000_000)}x name\n`), 'name')).toEqual([])
})
