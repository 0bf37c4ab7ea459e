import { expect, it } from 'vitest'
import { type Allowance, createAllowance } from './allowance.ts'

/** How many of so many lines are told. */
function toldOf(count: number, at: (index: number) => readonly [atMs: number, nowMs: number]): number {
  const allowance = createAllowance()
  return Array.from({ length: count }, (_, index) => allowance.take(...at(index))).filter(Boolean).length
}

it('fifty are told of each second of the log, whenever it is read', () => {
  expect(toldOf(1_200, (index) => [index * 10, 0])).toBe(12 * 50)
})

it('fifty are told of each second also where lines go round over more seconds than are kept apart', () => {
  // Of the oldest one was told before it was too old to be kept apart.
  expect(toldOf(90_000, (index) => [(index % 9) * 1000, 0])).toBe(8 * 50 + 1 + 50)
})

it('one line of the future, or of a clock that was set back, silences nothing that is written now', () => {
  expect(toldOf(601, (index) => [index === 0 ? 1e12 : index * 100, index * 100])).toBe(601)
})

/** Of a backlog of 2,000 lines, fifty of each second, how many are told behind these lines. */
function toldOfBacklog(before: (allowance: Allowance) => void): number {
  const allowance = createAllowance()
  before(allowance)
  return Array.from({ length: 2_000 }, (_, index) => allowance.take(index * 20, 10)).filter(Boolean).length
}

it('one line of the future silences no backlog behind it, also over a restart', () => {
  expect(toldOfBacklog((allowance) => allowance.take(864e5, 0))).toBe(2_000)
  expect(toldOfBacklog((allowance) => allowance.restore(86_400, 50))).toBe(2_000)
})

it('lines of two clocks are told, whichever is ahead', () => {
  expect(toldOf(4_000, (index) => [(index % 2) * 3_600_000 + Math.floor(index / 2) * 20, 0])).toBe(4_000)
  expect(toldOf(4_000, (index) => [(index % 40 === 0 ? 3_600_000 : 0) + index * 20, 0])).toBe(4_000)
})

it('lines of the future, however many, are forgotten where those of now stay behind them', () => {
  const futures = (allowance: Allowance): void => [3, 2, 1].forEach((days) => void allowance.take(days * 864e5, 0))
  expect(toldOfBacklog(futures)).toBeLessThan(100)
  const later = (allowance: Allowance): void => {
    futures(allowance)
    for (let second = 0; second < 200; second++) allowance.take(0, second * 1_000)
  }
  expect(toldOfBacklog(later)).toBeGreaterThan(1_900)
})

it('of an absence of two minutes each is told, and of a longer backlog no more at once', () => {
  expect(toldOf(6_000, (index) => [index * 20, 0])).toBe(6_000)
  expect(toldOf(100_000, (index) => [index * 20, 0])).toBe(6_000)
  expect(toldOf(100_000, (index) => [index * 20, index < 50_000 ? 0 : 1_000])).toBe(6_050)
})

it('fifty a second are told for ever', () => {
  expect(toldOf(100_000, (index) => [index * 20, index * 20])).toBe(100_000)
})
