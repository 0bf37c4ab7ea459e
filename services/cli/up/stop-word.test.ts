import { expect, test } from 'vitest'
import { createStopWords, ECHO_MS } from './stop-word.ts'

test('one Ctrl-C that comes by the terminal, by npx and by its shell is one word; the next one kills', () => {
  const heard = createStopWords()
  expect([heard(1000), heard(1000), heard(1040), heard(1000 + ECHO_MS)]).toEqual(['stop', 'echo', 'echo', 'echo'])
  expect([heard(1001 + ECHO_MS), heard(9000)]).toEqual(['kill', 'kill'])
})

test('one that comes late is the second, however many echoes came before', () => {
  const heard = createStopWords()
  expect([heard(0), heard(400), heard(800)]).toEqual(['stop', 'echo', 'kill'])
})
