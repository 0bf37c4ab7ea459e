import { expect, test } from 'vitest'
import { createUnwatched } from './unwatched.ts'

test('what is not looked at is told once, by its key and why', () => {
  const told: unknown[] = []
  const tell = createUnwatched({ warn: (...words) => void told.push(words) })
  for (let looks = 0; looks < 3; looks++) tell('imex', 'there is no system bus')
  tell('memory-held', 'no pids')
  const text = 'a numbered check is not looked at here; docs/gpu-checks.md says what it needs'
  expect(told).toEqual([
    [text, { check: 'imex', why: 'there is no system bus' }],
    [text, { check: 'memory-held', why: 'no pids' }],
  ])
})
