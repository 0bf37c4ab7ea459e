import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes, duration, percent, percentValue, plural, short } from './words.ts'

test('bytes read as people say them', () => {
  expect([0, 1023, 1024, 8_160_437_862, 214_748_364_800, 134_862_130_381, 3.5 * 2 ** 40].map(bytes)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1 KiB',
    '7.6 GiB',
    '200 GiB',
    '125.6 GiB',
    '3.5 TiB',
  ])
})

test('a share keeps its place, and is never rounded up to full', () => {
  expect([0, 0.41, 0.962, 0.9999, 1].map((ratio) => percent(ratio))).toEqual([
    '0.0 %',
    '41.0 %',
    '96.2 %',
    '99.9 %',
    '100.0 %',
  ])
  expect(percent(0.999, 0)).toBe('99 %')
  expect(percentValue(0.96214)).toBe(96.2)
})

test('durations are as coarse as they are long', () => {
  expect([0, 0.04, 0.2, 1.9, 120, 999.9, 4_000, 30_000, 120_000, 3_600_000, 172_800_000].map(duration)).toEqual([
    '0 ms',
    '0.04 ms',
    '0.2 ms',
    '1.9 ms',
    '120 ms',
    '1 s',
    '4 s',
    '30 s',
    '2 min',
    '1 h',
    '2 days',
  ])
  expect(plural(1, 'process', 'processes')).toBe('1 process')
  expect(plural(12_000, 'zombie')).toBe('12,000 zombies')
  expect(short(95)).toBe('95')
})

test('no number makes the words throw', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      bytes(value)
      percent(value)
      duration(value)
      plural(value, 'x')
    }),
  )
})
