import { expect, test } from 'vitest'
import type { GpuFacts } from '../memory.ts'
import { judgePower } from './power.ts'
import { lookAt, rowWith } from './testing-judge.ts'

const DRAW = 'power.draw.instant'
const LIMITED = { [DRAW]: '60.00', 'enforced.power.limit': '80.00', 'power.default_limit': '150.00' }

function said(words: Readonly<Record<string, string>>, before: GpuFacts = { hadPower: true }) {
  return judgePower(lookAt(rowWith(words)), before).says[0]
}

test('power that the driver fails to read, and could before, is a fault of its supply', () => {
  expect(said({ [DRAW]: '[Unknown Error]' })).toMatchObject({ level: 'bad', action: 'replace-hardware' })
  expect(said({ [DRAW]: '[Unknown Error]' }, {})).toMatchObject({ level: 'unknown' })
})

test('of power that is not supported any more nothing follows', () => {
  expect(said({ [DRAW]: '[N/A]' })).toBeUndefined()
})

test('a limit below the default is a fault where another was asked for, and none where nobody can ask', () => {
  expect(said({ ...LIMITED, 'power.limit': '150.00' })).toMatchObject({ level: 'bad', reason: 'PowerLimited' })
  expect(said({ ...LIMITED, 'power.limit': '80.00' })).toMatchObject({ level: 'ok' })
  expect(said({ ...LIMITED, 'power.limit': '[N/A]' })).toMatchObject({ level: 'ok', message: '60 W' })
})
