import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GpuFacts } from '../memory.ts'
import { judgePcie } from './pcie.ts'
import { lookAt, rowWith } from './testing-judge.ts'

const AT_WORK = { pstate: 'P0', 'utilization.gpu': '100' }
const IDLE = { pstate: 'P8', 'utilization.gpu': '0' }

/** What is said of a link with these words. */
function said(words: Readonly<Record<string, string>>, slotLanes?: number, before: GpuFacts = {}) {
  const { says, facts } = judgePcie(lookAt(rowWith(words), { slotLanes }), before)
  const of = (id: string) => says.find((one) => one?.id === id)
  return { lanes: of('pcie-width'), generation: of('pcie-generation'), facts }
}

function lanes(now: string, most = '16', state: Readonly<Record<string, string>> = AT_WORK) {
  return { ...state, 'pcie.link.width.current': now, 'pcie.link.width.max': most }
}

function generation(now: string, best: Readonly<Record<'gpumax' | 'hostmax' | 'max', string>>) {
  const most = Object.entries(best).map(([name, word]) => [`pcie.link.gen.${name}`, word])
  return { ...AT_WORK, 'pcie.link.gen.gpucurrent': now, ...Object.fromEntries(most) }
}

test('a card in a slot that has no more lanes lacks none, and one whose slot has more does', () => {
  expect(said(lanes('8'), 8).lanes).toEqual({
    id: 'pcie-width',
    level: 'ok',
    message: '8 of 16 PCIe lanes, which is all that its slot has',
  })
  expect(said(lanes('8'), 16).lanes).toMatchObject({
    level: 'bad',
    severity: 'error',
    action: 'replace-hardware',
    message: '8 of 16 PCIe lanes; see how it sits in its slot',
  })
  expect(said(lanes('4'), 8).lanes).toMatchObject({
    level: 'bad',
    message: '4 of 8 PCIe lanes; see how it sits in its slot',
  })
})

test('of a slot that is not shown a card that never had more lanes is a warning, and one that lost some is ill', () => {
  const first = said(lanes('8'))
  expect(first.lanes).toMatchObject({
    level: 'bad',
    severity: 'warning',
    action: 'contact-support',
    message: '8 of 16 PCIe lanes; how many its slot has is not shown here',
  })
  const whole = said(lanes('16'))
  expect(whole.lanes).toMatchObject({ level: 'ok' })
  expect(said(lanes('8'), undefined, whole.facts).lanes).toMatchObject({
    severity: 'error',
    action: 'replace-hardware',
  })
})

test('a link that is narrow while its card rests is no fault, and nothing that was known of it is over', () => {
  expect(said(lanes('4', '16', IDLE), 16).lanes).toBeUndefined()
  expect(said(lanes('16', '16', IDLE), 16).lanes).toMatchObject({ level: 'ok' })
})

test('a card in a host of a lower generation is as fast as it can be, and slower than both is a fault', () => {
  const inOlderHost = { gpumax: '5', hostmax: '[N/A]', max: '4' }
  expect(said(generation('4', inOlderHost)).generation).toMatchObject({
    level: 'ok',
    message: 'PCIe generation 4 of 4',
  })
  expect(said(generation('3', inOlderHost)).generation).toMatchObject({ level: 'bad', severity: 'error' })
  expect(said(generation('4', { gpumax: '5', hostmax: '4', max: '[N/A]' })).generation).toMatchObject({ level: 'ok' })
})

test('where nobody says what the host can nothing follows of a lower generation', () => {
  const alone = { gpumax: '5', hostmax: '[N/A]', max: '[N/A]' }
  expect(said(generation('4', alone)).generation).toBeUndefined()
  expect(said(generation('5', alone)).generation).toMatchObject({ level: 'ok' })
})

test('no link with as many lanes as its slot is a fault, and none with fewer at work is well', () => {
  const count = fc.constantFrom(1, 2, 4, 8, 16)
  fc.assert(
    fc.property(count, count, count, (now, most, slot) => {
      const { lanes: word } = said(lanes(`${now}`, `${most}`), slot)
      expect(word?.level).toBe(now >= Math.min(most, slot) ? 'ok' : 'bad')
    }),
  )
})
