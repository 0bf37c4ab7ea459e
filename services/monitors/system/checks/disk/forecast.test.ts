import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSample, forecast, type SpaceSample } from './forecast.ts'

const NOW = new Date('2024-05-12T03:14:12Z')
const GIB = 1_073_741_824

function losing(gibPerMinute: number, leftGib: number): readonly SpaceSample[] {
  return [5, 4, 3, 2, 1, 0].map((minutes) => ({
    monoMs: 600_000 - minutes * 60_000,
    availableBytes: (leftGib + gibPerMinute * minutes) * GIB,
  }))
}

test('says how fast and until when, coarser the further off it is', () => {
  expect(forecast(losing(0.6, 7.6), NOW)).toBe('at 0.6 GiB a minute full at about 03:27')
  expect(forecast(losing(0.02, 6), NOW)).toBe('at 1.2 GiB an hour full at about 08:14')
  expect(forecast(losing(0.02, 24), NOW)).toBe('at 1.2 GiB an hour full in about 20 hours')
  expect(forecast(losing(0.02, 60), NOW)).toBe('at 1.2 GiB an hour full in about 2 days')
})

test('says nothing when it grows emptier, when full is far off, or when it is too early to tell', () => {
  expect(forecast(losing(-1, 10), NOW)).toBe('')
  expect(forecast(losing(0.001, 100), NOW)).toBe('')
  expect(forecast(losing(1, 10).slice(-1), NOW)).toBe('')
  expect(forecast([], NOW)).toBe('')
})

test('keeps a quarter of an hour, and never more than its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120_000 }), { maxLength: 300 }), (steps) => {
      let samples: readonly SpaceSample[] = []
      let monoMs = 0
      for (const step of steps) {
        monoMs += step
        samples = addSample(samples, { monoMs, availableBytes: 1 })
        expect(samples.length).toBeLessThanOrEqual(65)
        expect(monoMs - samples[0]!.monoMs).toBeLessThanOrEqual(900_000)
        expect(samples.at(-1)!.monoMs).toBe(monoMs)
      }
    }),
  )
})
