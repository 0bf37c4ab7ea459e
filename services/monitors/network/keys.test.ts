/** Every key of every check changes what is found: a machine, and what the key does to what is said of it. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CheckResult } from '#monitor-kit'
import { readMonitorRoom } from '#monitor-kit/contract'
import { startFixture } from '#monitor-kit/testing'
import { PROBING_CASES } from './testing-probing-cases.ts'

const RUNS = 4

interface Case {
  readonly key: string
  readonly over: string
  /** Keys beside it, in both. */
  readonly beside?: object
  readonly value: unknown
}

const WELL = 'well-dual-stack'
const REQUIRED = { expectIPv6Enabled: true }

const CASES: Readonly<Record<string, readonly Case[]>> = {
  ...PROBING_CASES,
  cni: [
    { key: 'configPath', over: 'well-none', value: '/etc/cni/net.d' },
    { key: 'binDirs', over: 'well-flannel', value: ['/usr/lib/cni'] },
    { key: 'checkInterfaces', over: 'sick-bridge-gone', value: false },
    { key: 'expectedInterfaces', over: 'well-none', value: ['cilium_host'] },
    { key: 'addressWarningThreshold', over: 'sick-addresses', value: 90 },
    { key: 'addressCriticalThreshold', over: 'sick-addresses', value: 84 },
    { key: 'sustainedChecks', over: 'sick-binary', value: 9 },
    { key: 'whereReadable', over: 'hostile-file-for-folder', value: true },
  ],
  conntrack: [
    { key: 'warningThreshold', over: 'sick-filling', value: 90 },
    { key: 'criticalThreshold', over: 'sick-filling', value: 82 },
    { key: 'insertFailures', over: 'well-worker', value: 12 },
  ],
  links: [
    { key: 'interfaces', over: 'well-vm', value: ['lo'] },
    { key: 'ignore', over: 'sick-link-down', value: ['eno2'] },
    { key: 'errorWarningThreshold', over: 'sick-errors', beside: { errorCriticalThreshold: 90 }, value: 50 },
    { key: 'errorCriticalThreshold', over: 'sick-errors', value: 50 },
    { key: 'sustainedChecks', over: 'sick-link-down', value: 9 },
    { key: 'sustainedErrorChecks', over: 'sick-errors', value: 9 },
  ],
  sockets: [
    { key: 'portWarningThreshold', over: 'sick-ports', value: 95 },
    { key: 'portCriticalThreshold', over: 'sick-ports', value: 85 },
    { key: 'memoryWarningThreshold', over: 'sick-memory', beside: { memoryCriticalThreshold: 100 }, value: 99 },
    { key: 'memoryCriticalThreshold', over: 'sick-memory', value: 99 },
    { key: 'retransmitWarningThreshold', over: 'sick-retransmits', value: 8 },
    { key: 'retransmitCriticalThreshold', over: 'sick-retransmits', value: 4 },
    { key: 'sustainedRetransmitChecks', over: 'sick-retransmits', value: 9 },
  ],
  sysctl: [
    { key: 'forwarding', over: 'well-no-kubernetes', value: 'always' },
    { key: 'checkIPv4', over: 'sick-forwarding', value: false },
    { key: 'checkIPv6', over: 'sick-forwarding-ipv6', value: false },
    { key: 'checkPerInterface', over: 'sick-forwarding', value: true },
    { key: 'interfaces', over: 'sick-forwarding', beside: { checkPerInterface: true }, value: ['cali0a1b2c'] },
    { key: 'checkBridgeNetfilter', over: 'well-worker', value: true },
    { key: 'expect', over: 'well-worker', value: { 'net.core.somaxconn': '1' } },
  ],
  'ipv6-sysctl': [
    { key: 'expectIPv6Enabled', over: 'well-off-from-the-start', value: true },
    { key: 'expectIPv6Enabled', over: 'sick-switched-off', value: false },
    { key: 'checkPerInterface', over: 'sick-one-link-off', value: false },
    { key: 'interfaces', over: 'sick-switched-off', value: ['lo'] },
    { key: 'skipInterfaces', over: 'sick-switched-off', value: ['eth0'] },
  ],
  'ipv6-route': [
    { key: 'expectDefaultRoute', over: 'well-ipv4-only', value: true },
    { key: 'expectDefaultRoute', over: 'sick-route-lost', value: false },
    { key: 'sustainedChecks', over: 'sick-route-lost', value: 9 },
  ],
  'ipv6-neighbor': [
    { key: 'expectIPv6Enabled', over: 'sick-expected', value: true },
    { key: 'expectIPv6Enabled', over: 'sick-address-lost', value: false },
    { key: 'checkPerInterface', over: 'sick-one-of-two', beside: REQUIRED, value: false },
    { key: 'requireGlobalAddress', over: 'well-ipv4-only', value: true },
    { key: 'interfaces', over: 'sick-address-lost', value: ['lo'] },
    { key: 'skipInterfaces', over: 'sick-address-lost', value: ['eth0'] },
    { key: 'sustainedChecks', over: 'sick-address-lost', value: 9 },
  ],
  'ipv6-firewall': [
    { key: 'expectIPv6Enabled', over: 'sick-closed', value: false },
    { key: 'expectIPv6Enabled', over: 'well-closed-from-the-start', value: true },
    { key: 'backend', over: 'well-nft', value: 'ip6tables' },
  ],
}

const room = await readMonitorRoom(import.meta.dirname)
const checks = new Map(room.checks.map((check) => [check.name, check]))

/** What a check says of a captured machine, look by look, in words. */
async function saidOf(name: string, over: string, keys: object): Promise<readonly string[]> {
  const { definition, schema, sharedOver } = checks.get(name)!
  const folder = join(import.meta.dirname, 'checks', name, 'fixtures', over)
  await using check = await startFixture(definition, { folder, config: schema.parse(keys), sharedOver })
  const results: CheckResult[] = []
  for (let i = 0; i < RUNS; i++) results.push(await check.run())
  return results.flatMap(({ findings, events = [] }) => [
    ...findings.map(
      (one) => `${one.type} ${one.entity ?? ''} ${one.health} ${one.severity ?? ''} ${one.pending ?? ''}`,
    ),
    ...events.map(({ reason }) => reason),
  ])
}

test('every key of every check has a case', () => {
  const keys = room.checks.map(({ name, schema }) => [name, Object.keys(schema.shape).sort()])
  const cases = [...checks.keys()].map((name) => [name, [...new Set((CASES[name] ?? []).map(({ key }) => key))].sort()])
  expect(cases).toEqual(keys)
})

const rows = Object.entries(CASES).flatMap(([name, cases]) => cases.map((one) => ({ name, ...one })))

test.each(rows)('$name: $key changes what is found over $over', async ({ name, key, over, beside = {}, value }) => {
  const without = await saidOf(name, over, beside)
  expect(await saidOf(name, over, { ...beside, [key]: value })).not.toEqual(without)
})

test('a node that uses IPv6 well is well by each of its checks', async () => {
  for (const name of ['ipv6-sysctl', 'ipv6-route', 'ipv6-neighbor']) {
    expect((await saidOf(name, WELL, {})).filter((said) => !said.includes(' healthy '))).toEqual([])
  }
})
