import { expect, test } from 'vitest'
import { observed, type Reading, unobserved } from '#monitor-kit/evaluate'
import { createTold } from './told.ts'

type Said = Reading<Readonly<Record<string, unknown>>>

const HOUR = 3_600_000
const forbidden = unobserved('Forbidden', 'no')

/** At which of some hours, in which runs, it is asked. */
async function askedAt(said: Said, looks: readonly (readonly [hour: number, run: string, url?: string])[]) {
  const told = createTold()
  const asked: number[] = []
  for (const [hour, run, url = 'a'] of looks) {
    const answer = await told.inForce({ url, run, nowMs: hour * HOUR }, () => {
      asked.push(hour)
      return Promise.resolve(said)
    })
    expect(answer).toBe(said)
  }
  return asked
}

test('a configuration is asked for once in each run, and every hour where no run is seen', async () => {
  const said = observed({ maxPods: 110 })
  expect(
    await askedAt(said, [
      [0, '7'],
      [1, '7'],
      [99, '7'],
      [100, '8'],
      [101, '8'],
      [102, '7'],
    ]),
  ).toEqual([0, 100, 102])
  expect(
    await askedAt(said, [
      [0, ''],
      [0.9, ''],
      [1, ''],
    ]),
  ).toEqual([0, 1])
  expect(
    await askedAt(said, [
      [0, '7', 'a'],
      [1, '7', 'b'],
      [2, '7', 'a'],
    ]),
  ).toEqual([0, 1])
})

test('who does not tell is asked again, and who lets us not ask so late', async () => {
  expect(
    await askedAt(unobserved('NotAnswered', 'late'), [
      [0, '7'],
      [0.01, '7'],
    ]),
  ).toEqual([0, 0.01])
  expect(
    await askedAt(forbidden, [
      [0, '7'],
      [5.9, '7'],
      [6, '7'],
      [6.1, '8'],
    ]),
  ).toEqual([0, 6, 6.1])
})

test('the last that was told is known, until it is not told any more', async () => {
  const told = createTold()
  const of = (run: string) => ({ url: 'a', run, nowMs: 0 })
  await told.inForce(of('7'), () => Promise.resolve(observed({ maxPods: 9 })))
  expect(told.configuration).toEqual({ maxPods: 9 })
  await told.inForce(of('8'), () => Promise.resolve(forbidden))
  expect(told.configuration).toBeUndefined()
})
