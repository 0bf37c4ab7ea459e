import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { ipv6Sysctl } from './check.ts'
import { schema } from './config.ts'
import { evaluateIPv6Sysctl, FIRST_USE, recallUse, type SysctlReading, type UseMemory } from './evaluate.ts'

const CONFIG = schema.parse({})

test('IPv6 that was in use and is switched off is a problem, also to the next process, until a person says it is meant', async () => {
  const folder = fixture(import.meta.url, 'sick-switched-off')
  await using check = await startFixture(ipv6Sysctl, { folder, config: CONFIG })
  await check.run()
  expect(findingOf(await check.run(), 'IPv6Disabled')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'SwitchedOff',
    message:
      'IPv6 is switched off (net.ipv6.conf.eth0.disable_ipv6), and it was before in this boot; set it to 0, and see what sets it otherwise',
    summary: 'IPv6 is switched off (eth0)',
  })
  check.restart()
  expect(findingOf(await check.run(), 'IPv6Disabled').health).toBe('problem')
  check.clear('IPv6Disabled')
  expect(await check.run()).toEqual({ findings: [], withdrawn: [{ type: 'IPv6Disabled', entity: '' }] })
})

test('a kernel without IPv6 lacks it only where it is expected', async () => {
  const folder = fixture(import.meta.url, 'sick-no-ipv6')
  await using expecting = await startFixture(ipv6Sysctl, { folder, config: schema.parse({ expectIPv6Enabled: true }) })
  expect(findingOf(await expecting.run(), 'IPv6Disabled')).toMatchObject({ health: 'problem', reason: 'NoIPv6' })
  await using other = await startFixture(ipv6Sysctl, { folder, config: CONFIG })
  expect((await other.run()).findings).toEqual([])
})

const link = fc.record({ name: fc.constantFrom('eth0', 'eth1'), isDisabled: fc.boolean(), isUsed: fc.boolean() })
const reading: fc.Arbitrary<SysctlReading> = fc.option(
  fc.record({ all: fc.boolean(), new: fc.boolean(), links: fc.array(link, { maxLength: 2 }) }),
  { nil: undefined },
)

test('by default nothing that was never in use is missed', () => {
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 6 }), (readings) => {
      let memory: UseMemory = FIRST_USE
      const seen = new Set<string>()
      for (const one of readings) {
        for (const { name, isUsed } of one?.links ?? []) if (isUsed) seen.add(name)
        const verdict = evaluateIPv6Sysctl(observed(one), CONFIG, memory)
        memory = recallUse(JSON.parse(JSON.stringify(verdict.memory)))
        if (seen.size === 0) expect(verdict.findings).toEqual([])
        if (one !== undefined && !one.links.some(({ name, isDisabled }) => isDisabled && seen.has(name))) {
          expect(verdict.findings.filter(({ health }) => health === 'problem')).toEqual([])
        }
      }
    }),
  )
  fc.assert(fc.property(fc.anything(), (facts) => void recallUse(facts)))
})
