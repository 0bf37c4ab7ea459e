import { expect, it } from 'vitest'
import { SIGHT } from '../../remediator/testing/questions.ts'
import { act } from '../testing-machine.ts'
import { scriptEnvironment } from './environment.ts'

it('tells a script no control character, which some systemd refuse and a terminal obeys', () => {
  const problem = { ...SIGHT, message: 'a\u001b[31mb\u0007\r\nc\td\0\ud800' }
  const env = scriptEnvironment('3f2a91c0-17', act('custom-script', 'script:/opt/x.sh'), problem)
  expect(env['PROBLEM_MESSAGE']).toBe('a\\u001b[31mb\\u0007\\u000d\nc\td\ufffd')
  const long = scriptEnvironment('3f2a91c0-17', act('custom-script', 'script:/opt/x.sh'), {
    ...SIGHT,
    message: '\u{1f600}'.repeat(9_000),
  })
  expect(long['PROBLEM_MESSAGE']).toHaveLength(8_192)
  expect(long['PROBLEM_MESSAGE']?.isWellFormed()).toBe(true)
})
