import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { findingOf, fixture, sampleOf, startFixture } from '#monitor-kit/testing'
import { sharedOver } from '../../testing-shared.ts'
import { dns } from './check.ts'
import { schema } from './config.ts'

async function over(name: string) {
  const folder = fixture(import.meta.url, name)
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '{}')
  return startFixture(dns, { folder, config: schema.parse(JSON.parse(text)), sharedOver })
}

function problems({ findings }: CheckResult): readonly string[] {
  return findings
    .filter(({ health }) => health === 'problem')
    .map(({ type, entity = '', severity, reason }) => `${type} ${entity} ${severity} ${reason}`)
}

test.each([
  ['sick-tcp-refused', 1, 'DNSServerUnhealthy dns:10.0.0.53 warning NoAnswerOverTCP'],
  ['sick-node-down', 2, 'NodeDNSDown  critical NoAnswer'],
  ['sick-cluster-down', 2, 'ClusterDNSDown  critical NoAnswer'],
  ['sick-never-answered', 1, 'DNSServerUnhealthy dns:10.96.0.10 warning NeverAnswered'],
  ['sick-no-such-name', 1, 'DNSNameFailing name:db.corp.example warning NoSuchName'],
  ['sick-answers-differ', 1, 'DNSAnswersDiffer name:db.corp.example warning AnswersDiffer'],
  ['sick-search-path', 1, 'DNSSearchSlow  warning SearchSlow'],
])('one cause is one problem, in two rounds: %s', async (name, at, problem) => {
  await using check = await over(name)
  for (let round = 0; round < at; round++) expect(problems(await check.run())).toEqual([])
  expect(problems(await check.run())).toEqual([problem])
  expect(problems(await check.run())).toEqual([problem])
})

test('says what is wrong in words to act on', async () => {
  const message = async (name: string, type: string, entity = '') => {
    await using check = await over(name)
    for (let round = 0; round < 3; round++) await check.run()
    return findingOf(await check.run(), type, entity).message
  }
  expect(await message('sick-tcp-refused', 'DNSServerUnhealthy', 'dns:10.0.0.53')).toBe(
    '10.0.0.53 answers over UDP and refuses TCP: connection refused at 10.0.0.53:53 over TCP; answers that do not fit a datagram are lost',
  )
  expect(await message('sick-never-answered', 'DNSServerUnhealthy', 'dns:10.96.0.10')).toBe(
    "a nameserver of the cluster that has never answered from the node's network: no answer from 10.96.0.10:53 over UDP within 2000 ms. Where pods reach it, let them ask (network-cluster-dns-pod with the echo component), and set cluster: none in this check; else see kube-proxy and the CNI",
  )
  expect(await message('sick-search-path', 'DNSSearchSlow')).toBe(
    'kubernetes.default.svc.cluster.local takes 1.8 s over 4 names of the search path, kubernetes.default.svc.cluster.local.corp.example. alone 1.8 s, limit 1 s; take slow domains out of the search path, or write names with a dot at their end',
  )
  expect(await message('sick-no-such-name', 'DNSNameFailing', 'name:db.corp.example')).toBe(
    'no A of db.corp.example: there is no such name (NXDOMAIN from 10.0.0.53; NXDOMAIN from 10.0.0.54)',
  )
})

test('cluster DNS that has answered in this boot is down, also for a process that begins anew', async () => {
  await using check = await over('sick-cluster-down')
  await check.run()
  check.restart()
  expect(findingOf(await check.run(), 'ClusterDNSDown')).toMatchObject({ health: 'healthy', pending: true })
  expect(problems(await check.run())).toEqual(['ClusterDNSDown  critical NoAnswer'])
})

test('nobody named is nothing to watch, unless somebody was', async () => {
  await using never = await over('well-nobody')
  expect((await never.run()).findings).toEqual([])
  await using check = await over('sick-nobody-any-more')
  for (let round = 0; round < 2; round++) expect(problems(await check.run())).toEqual([])
  expect(problems(await check.run())).toEqual(['NodeDNSDown  critical NoNameserver'])
  check.restart()
  expect((await check.run()).findings).toMatchObject([{ type: 'NodeDNSDown', pending: true }])
  expect(problems(await check.run())).toEqual(['NodeDNSDown  critical NoNameserver'])
})

test('a server that has only itself and cannot find out what nobody has to know is well', async () => {
  await using check = await over('well-air-gapped')
  const result = await check.run()
  expect(result.findings.map(({ type, health }) => [type, health])).toEqual([
    ['NodeDNSDown', 'healthy'],
    ['DNSServerUnhealthy', 'healthy'],
  ])
  expect(sampleOf(result, 'network_dns_answered', { server: '10.0.0.53', protocol: 'tcp' })).toBe(1)
})

test('what cannot be read makes nothing well, and nothing ill', async () => {
  await using check = await over('hostile-folder')
  const result = await check.run()
  expect(new Set(result.findings.map(({ health }) => health))).toEqual(new Set(['unknown']))
  expect(result.partial).toBe(true)
})
