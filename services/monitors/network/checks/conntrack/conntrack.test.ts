import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, startFixture } from '#monitor-kit/testing'
import { conntrack } from './check.ts'
import { schema } from './config.ts'
import { type ConntrackMemory, evaluateConntrack, FIRST_CONNTRACK, recallConntrack } from './evaluate.ts'
import { parseLosses, type TableLosses } from './source.ts'

const CONFIG = schema.parse({})

async function open(name: string) {
  return startFixture(conntrack, { folder: fixture(import.meta.url, name), config: CONFIG })
}

const HEAD =
  'entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error'
const row = (failed: string, drop: string, early: string) =>
  `00012a2f  ${'00000000 '.repeat(8)}${failed} ${drop} ${early} 00000000`

test('losses are the sums of what the columns are named, over all processors', () => {
  const text = `${HEAD}\n${row('00000010', '0000000c', '00000002')}\n${row('00000001', '00000001', '00000000')}\n`
  expect(parseLosses(text)).toEqual({ dropped: 13, thrownOut: 2, insertFailed: 17 })
  // Kernels have had them in other places.
  const old = text.replace('searched', 'clashres')
  expect(parseLosses(old)).toEqual({ dropped: 13, thrownOut: 2, insertFailed: 17 })
  for (const near of [
    '',
    `${HEAD}\n`,
    text.replace('early_drop', 'earlier'),
    text.replace('0000000c', 'c'),
    'x\ny\n',
  ]) {
    expect(parseLosses(near)).toBeUndefined()
  }
  fc.assert(fc.property(fc.string(), (line) => void parseLosses(`${HEAD}\n${line}`)))
})

test('a table that is almost full says how full, and what to do before connections are dropped', async () => {
  await using check = await open('sick-filling')
  expect(findingOf(await check.run(), 'ConntrackFull')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    reason: 'AboveWarningLimit',
    message:
      '222,823 connections of 262,144 tracked (85.0 %), limit 80 %; once it is full new ones are dropped: raise net.netfilter.nf_conntrack_max, or see who opens so many',
    summary: 'the table of connections is 85 % full',
  })
})

test('a kernel that tracks nothing says nothing; one without a limit is never full', async () => {
  await using none = await open('well-none')
  expect(await none.run()).toEqual({ findings: [], events: [], metrics: [], withdrawn: [] })
  await using endless = await open('well-no-limit')
  expect(findingOf(await endless.run(), 'ConntrackFull').message).toBe('76,335 connections, and no limit is set')
})

test('drops are told as they grow, also of two processes of one boot, and never of a counter that was reset', async () => {
  await using check = await open('sick-drops')
  expect((await check.run()).events).toEqual([])
  check.restart()
  expect((await check.run()).events).toEqual([
    {
      reason: 'ConntrackDrops',
      severity: 'warning',
      message:
        '907 packets dropped, or connections thrown out, for want of room in the table of connections; raise net.netfilter.nf_conntrack_max, or see who opens so many',
      count: 907,
    },
  ])
})

test('what cannot be counted is the error of the run, and the rest is told', () => {
  const losses = unobserved('SourceMalformed', 'cannot understand /proc/net/stat/nf_conntrack')
  const verdict = evaluateConntrack({ use: observed({ entries: 1, max: 10 }), losses }, CONFIG, FIRST_CONNTRACK, 0)
  expect(verdict.findings[0]?.health).toBe('healthy')
  expect(verdict.incomplete).toBe('cannot understand /proc/net/stat/nf_conntrack')
})

test('a packet that lost a race is not dropped for want of room: the kernel counts it as dropped and as not entered', () => {
  const events = (now: TableLosses) => {
    const before = { ...FIRST_CONNTRACK, losses: { dropped: 5, thrownOut: 0, insertFailed: 5 } }
    const use = observed({ entries: 1, max: 10 })
    return evaluateConntrack({ use, losses: observed(now) }, CONFIG, before, 0).events.map(({ message }) => message)
  }
  expect(events({ dropped: 6, thrownOut: 0, insertFailed: 6 })).toEqual([])
  expect(events({ dropped: 305, thrownOut: 0, insertFailed: 305 })).toEqual([
    expect.stringMatching(/^300 connections could not be entered/),
  ])
  expect(events({ dropped: 15, thrownOut: 3, insertFailed: 8 })).toEqual([
    expect.stringMatching(/^10 packets dropped, or connections/),
  ])
})

const losses = fc.record({ dropped: fc.nat(1000), thrownOut: fc.nat(1000), insertFailed: fc.nat(1000) })

test('whatever the counters do, nothing is told that they did not grow by', () => {
  fc.assert(
    fc.property(fc.array(losses, { minLength: 1, maxLength: 8 }), (all) => {
      let memory: ConntrackMemory = FIRST_CONNTRACK
      let told = 0
      for (const [at, now] of all.entries()) {
        const reading = { use: observed({ entries: 1, max: 10 }), losses: observed<TableLosses>(now) }
        const verdict = evaluateConntrack(reading, CONFIG, memory, at * 700_000)
        memory = recallConntrack(JSON.parse(JSON.stringify(verdict.memory.losses)))
        told += verdict.events.reduce((sum, { count = 0 }) => sum + count, 0)
      }
      const grown = all.slice(1).map((now, at) => {
        const before = all[at]!
        const grew = (key: keyof TableLosses) => Math.max(0, now[key] - before[key])
        return grew('dropped') + grew('thrownOut') + grew('insertFailed')
      })
      expect(told).toBeLessThanOrEqual(grown.reduce((sum, one) => sum + one, 0))
    }),
  )
})
