import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#clock'
import { parseStatOutput, statfsByHelper } from './statfs.ts'

test("reads the helper's answer", () => {
  expect(parseStatOutput('4096 66053021 62461846 20284123 16777216 16338239\n')).toEqual({
    sizeBytes: 270_553_174_016,
    freeBytes: 255_843_721_216,
    availableBytes: 83_083_767_808,
    files: 16_777_216,
    filesFree: 16_338_239,
  })
})

test('any other text is no answer, and never throws', () => {
  for (const text of ['', '1 2 3 4 5', '1 2 3 4 5 6 7', '-1 2 3 4 5 6', '1 2 3 4 5 x', '1e3 2 3 4 5 6']) {
    expect(parseStatOutput(text)).toBeUndefined()
  }
  fc.assert(fc.property(fc.string(), (text) => void parseStatOutput(text)))
})

test('what the helper complains about becomes the code of it', async () => {
  await expect(statfsByHelper(systemClock(), '/no/such', '/no/such', 5_000)).rejects.toThrow(
    "cannot statfs /no/such: ENOENT (stat: cannot read file system information for '/no/such': No such file or directory); check the path, and that settings.hostRoot names where the host is mounted",
  )
})
