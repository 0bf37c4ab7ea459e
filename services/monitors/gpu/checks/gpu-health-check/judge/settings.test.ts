import { expect, test } from 'vitest'
import { judgeSettings } from './settings.ts'
import { lookAt, rowWith } from './testing-judge.ts'

/** What is said of the VBIOS of the first of three cards of a name, when the others have another. */
function versionSaid(name: string) {
  const [odd, ...usual] = ['01', '03', '03'].map((version, at) =>
    rowWith({ vbios_version: `96.00.A5.00.${version}` }, { bus: `8${at}`, name }),
  )
  const all = [odd as NonNullable<typeof odd>, ...usual]
  const { says } = judgeSettings(lookAt(all[0] as NonNullable<typeof odd>, { all }), {})
  return says.find((one) => one?.id === 'uniformity')
}

test('another VBIOS than its peers have is told of a card of data centres alone: boards of two makers have their own', () => {
  expect(versionSaid('H200')).toEqual({
    id: 'uniformity',
    level: 'bad',
    severity: 'warning',
    reason: 'VbiosDiffers',
    message: 'VBIOS 96.00.A5.00.01, and other GPUs of this kind have 96.00.A5.00.03',
    summary: 'its VBIOS is another one',
  })
  expect(versionSaid('GeForce RTX 4080 SUPER')).toMatchObject({ level: 'ok' })
})
