import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAnotherMachine, joinedMachine, keptMachine, machineOf } from './machine.ts'

const UUID = '4c4c4544-0039-3510-8052-b4c04f4e4d32\n'
const OTHER_UUID = '4C4C4544-0039-3510-8052-B4C04F4E4D33\n'
const ID = '0123456789abcdef0123456789abcdef\n'
const OTHER_ID = '1123456789abcdef0123456789abcdef\n'

type Read = readonly [productUuid: string | undefined, machineId: string | undefined]

test.each<readonly [string, Read, Read, boolean]>([
  ['the same', [UUID, ID], [UUID.toUpperCase(), ID], false],
  ['another by its firmware, with the id of the image', [UUID, ID], [OTHER_UUID, ID], true],
  ['the same that was installed anew', [UUID, ID], [UUID, OTHER_ID], false],
  ['another by its id, where the firmware is not read', [undefined, ID], [UUID, OTHER_ID], true],
  ['unknown, and so the same', [UUID, undefined], [undefined, ID], false],
  ['unknown while its system has no id yet', [undefined, ID], [undefined, 'uninitialized\n'], false],
  [
    'another by its id, where the firmware of both has nobody’s number',
    ['00000000-0000-0000-0000-000000000000', ID],
    ['03000200-0400-0500-0006-000700080009', OTHER_ID],
    true,
  ],
])('a machine is %s', (_, before, now, isAnother) => {
  const [kept, read] = [machineOf(...before), machineOf(...now)]
  expect(isAnotherMachine(keptMachine(JSON.parse(JSON.stringify(kept))), read)).toBe(isAnother)
})

test('nothing of its numbers stands in what is kept, and what was known stays known', () => {
  const known = machineOf(UUID, ID)
  expect(JSON.stringify(known)).not.toContain('4c4c4544')
  expect(JSON.stringify(known)).not.toContain('0123456789abcdef')
  expect(JSON.stringify(joinedMachine(machineOf(undefined, ID), machineOf(UUID, undefined)))).toBe(
    JSON.stringify(known),
  )
})

test('whatever is kept, it is a machine or none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const kept = keptMachine(value)
      expect(keptMachine(kept)).toEqual(kept)
      expect(isAnotherMachine(kept, {})).toBe(false)
    }),
  )
})
