import { expect, it } from 'vitest'
import { namesToRestart } from './asked.ts'

it('what is asked of up are names, and nothing where it is no question', () => {
  expect(namesToRestart({ restart: ['system', 3, null, 'detector'] })).toEqual(['system', 'detector'])
  for (const message of [undefined, null, 'restart', { restart: 'system' }, {}, []])
    expect(namesToRestart(message)).toEqual([])
})
