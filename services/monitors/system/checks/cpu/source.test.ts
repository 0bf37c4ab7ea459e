import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { fixture } from '#monitor-kit/testing'
import { createCpuSource, parseCpuStat, parseLoad, sumThrottles } from './source.ts'

test('reads the load average', () => {
  expect(parseLoad('0.17 0.13 0.10 1/99 11608\n')).toBe(0.17)
  for (const text of ['', 'x', '0.17', '-1 0 0 1/2 3', '1e3 0 0 1/2 3', 'NaN 0 0 1/2 3']) {
    expect(parseLoad(text)).toBeUndefined()
  }
})

test('reads processor times: nice belongs to user, interrupts to system', () => {
  const text = 'cpu  24118 2 5898 1689630 620 3 213 79 5 0\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 5\n'
  expect(parseCpuStat(text)).toEqual({
    cores: 2,
    times: { user: 24_120, system: 6_114, iowait: 620, steal: 79, idle: 1_689_630 },
  })
  for (const near of [
    '',
    'cpu 1 2 3\ncpu0 1\n',
    'cpu  1 2 3 4\n',
    'cpu  1 2 x 4\ncpu0 1\n',
    'cpux 1 2 3 4\ncpu0 1\n',
  ]) {
    expect(parseCpuStat(near)).toBeUndefined()
  }
})

test('the parsers never throw, whatever stands in the files', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('c', 'p', 'u', ' ', '1', '\n', '-') })),
      (text) => {
        parseLoad(text)
        parseCpuStat(text)
        sumThrottles([text, undefined])
      },
    ),
  )
})

test('a core that two hardware threads share is counted once, and so is a package', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'well-metal') })
  const reading = await createCpuSource(host).read({ throttles: true })
  // Two packages of two cores: 3 and 3, 0 and 0; and 6 and 0 for the packages.
  expect(reading.throttles).toEqual({ ok: true, value: 12 })
  expect(reading.stat).toMatchObject({ ok: true, value: { cores: 8 } })
})

test('says nothing of heat where the hardware has no counters', async () => {
  const host = createHost({ root: fixture(import.meta.url, 'well-vm') })
  expect((await createCpuSource(host).read({ throttles: true })).throttles).toEqual({ ok: true, value: undefined })
})

test('reads this machine', async () => {
  const reading = await createCpuSource(createHost({ root: '' })).read({ throttles: true })
  expect(reading).toMatchObject({ load: { ok: true }, stat: { ok: true }, throttles: { ok: true } })
})
