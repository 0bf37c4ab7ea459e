import { expect, test } from 'vitest'
import type { Said } from '../../../judging/said.ts'
import type { GpuFacts } from '../memory.ts'
import { lookAt, rowWith } from './testing-judge.ts'
import { judgeThrottle } from './throttle.ts'

const BRAKE = 'clocks_event_reasons.hw_power_brake_slowdown'
const HEAT = 'clocks_event_reasons.hw_thermal_slowdown'
const BRAKE_US = 'clocks_event_reasons_counters.hw_power_brake_slowdown'
const MINUTE_MS = 60_000

function said(name: string, words: Readonly<Record<string, string>>, before: GpuFacts = {}) {
  return judgeThrottle(lookAt(rowWith(words, { name }), { nowMs: MINUTE_MS }), before).says[0]
}

test.each([
  ['H200', 'error contact-support'],
  ['GeForce RTX 4080 Laptop GPU', 'warning undefined'],
  ['Quadro RTX 5000 with Max-Q Design', 'warning undefined'],
])('the power brake on a %s is as bad as that', (name, words) => {
  const weight = (word: Said | undefined) => (word?.level === 'bad' ? `${word.severity} ${word.action}` : word?.level)
  expect(weight(said(name, { [BRAKE]: 'Active', 'clocks_event_reasons.hw_slowdown': 'Active' }))).toBe(words)
  const before = { counters: { atMs: 0, us: { [BRAKE_US]: 0 } } }
  const [, counted] = judgeThrottle(
    lookAt(rowWith({ [BRAKE_US]: '60000000' }, { name }), { nowMs: MINUTE_MS }),
    before,
  ).says
  expect(weight(counted)).toBe(words)
})

test('heat that hardware slows down for is an error on a laptop, too', () => {
  const braked = { [HEAT]: 'Active', [BRAKE]: 'Active' }
  expect(said('GeForce RTX 4080 Laptop GPU', braked)).toMatchObject({ severity: 'error' })
})
