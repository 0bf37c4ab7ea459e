import { expect, test } from 'vitest'
import { ACTIONS } from '#model'
import { CONDITIONS, conditionsOf } from './conditions.ts'
import { DROPPED, NUMBERS, numbersOf } from './numbers.ts'

test('the numbered checks are 1 to 44, each with its own key and its words', () => {
  expect([...new Set(NUMBERS.map(({ number }) => number))]).toEqual(Array.from({ length: 44 }, (_, i) => i + 1))
  const ids = NUMBERS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, title, source, gone, severity, action, check } of NUMBERS) {
    expect([id, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)]).toEqual([id, true])
    expect([id, [title, source, gone].filter((text) => text.trim() === '')]).toEqual([id, []])
    expect([id, ['warning', 'error', 'critical'].includes(severity)]).toEqual([id, true])
    expect([id, action === undefined || ACTIONS.includes(action)]).toEqual([id, true])
    expect([id, check?.startsWith('gpu-')]).toEqual([id, true])
  }
  expect(DROPPED.map(({ number }) => number)).toEqual([44, 45])
})

test('each speaks of a condition that there is, and each condition is spoken of', () => {
  const spoken = new Set(NUMBERS.map(({ condition }) => condition))
  expect([...CONDITIONS.keys()].filter((type) => type !== 'GPUHealthy').toSorted()).toEqual([...spoken].toSorted())
  const own = (check: Parameters<typeof numbersOf>[0]) =>
    conditionsOf(...new Set(numbersOf(check).map(({ condition }) => condition)))
  expect(own('gpu-health-check')).toHaveLength(12)
  expect(() => conditionsOf('GPUHappy')).toThrow('there is no condition GPUHappy')
})

test('what is told alone is what training does all day, and what comparison alone shows', () => {
  expect(NUMBERS.filter(({ mode }) => mode !== 'act').map(({ id, mode }) => [id, mode])).toEqual([
    ['memory-use', 'observe'],
    ['clock-drift', 'observe'],
    ['uniformity', 'observe'],
  ])
})
