import { expect, it } from 'vitest'
import { parseEnd } from './unit-program.ts'

it.each([
  ['success exited 0\n', false, { isSuccess: true, isTimedOut: false, exitCode: 0, words: 'exited with code 0' }],
  ['exit-code exited 7\n', false, { isSuccess: false, isTimedOut: false, exitCode: 7, words: 'exited with code 7' }],
  ['signal killed KILL\n', false, { isSuccess: false, exitCode: undefined, words: 'was ended by SIGKILL' }],
  ['signal killed SIGTERM\n', false, { words: 'was ended by SIGTERM' }],
  ['resources  \n', false, { isSuccess: false, words: 'did not run: resources' }],
  ['timeout killed TERM\n', false, { isTimedOut: true, words: 'was ended by SIGTERM, since its time was over' }],
  ['timeout exited 0\n', false, { isSuccess: true, isTimedOut: false, words: 'exited with code 0' }],
  ['timeout exited 0\n', true, { isSuccess: false, isTimedOut: true }],
])('reads the end of a unit, %j', (text, isOverdue, end) => {
  expect(parseEnd(text, isOverdue)).toMatchObject(end)
})

it.each(['', '\n', 'success exited 0', 'a b c d\n'])('knows no end in %j', (text) => {
  expect(parseEnd(text, false)).toBeUndefined()
})
