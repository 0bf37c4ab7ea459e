import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSeverity } from '#model'
import { CATALOGUE, nvlinkVerdict, SXIDS, sxidRow, XIDS, xidRow } from './catalogue.ts'

/** Codes of a text such as "8, 39-41". */
function codes(text: string): number[] {
  return text.split(', ').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}

// As the vendor's catalogue and what other agents do with it say it, row by row.
test.each([
  ['8, 11, 25, 32, 69, 80', 'warning', 'check-application', 'none'],
  ['39-41, 70-72, 75-77, 85, 126-135', 'warning', 'check-application', 'none'],
  ['60, 68, 82-84, 86, 88, 89, 96-105, 139', 'warning', 'check-application', 'none'],
  ['13, 31, 94', 'warning', 'check-application', 'none'],
  ['14, 106, 107', 'info', 'none', 'none'],
  ['37, 38, 44, 66, 67, 141, 160, 161', 'info', 'none', 'none'],
  ['43, 45', 'info', 'check-application', 'none'],
  ['46, 48, 62, 64, 74, 95, 109, 110, 119, 120, 136, 140, 143, 155, 158, 169', 'critical', 'reset-device', 'reset'],
  ['144-150', 'critical', 'reset-device', 'reset'],
  ['54', 'critical', 'replace-hardware', 'reboot'],
  ['63, 156, 159', 'error', 'reset-device', 'reset'],
  ['79, 151, 167, 168', 'critical', 'reboot-node', 'reboot'],
  ['78, 92, 93, 152, 153', 'warning', 'contact-support', 'none'],
  ['108, 137', 'warning', 'check-application', 'none'],
  ['121, 162-165', 'warning', 'none', 'none'],
  ['142, 166, 170', 'error', 'contact-support', 'reset'],
  ['157', 'warning', 'contact-support', 'reset'],
  ['154, 171, 172', 'info', 'none', 'none'],
])('XID %s: %s, %s, gone by %s', (listed, severity, action, proof) => {
  for (const code of codes(listed)) expect(xidRow(code)).toMatchObject({ code, severity, action, proof })
})

test('has each code once, with a meaning and what its maker advises', () => {
  expect(XIDS.size).toBe(111)
  for (const { meaning, advice } of XIDS.values()) expect([meaning, advice].every((text) => text !== '')).toBe(true)
  expect(SXIDS.size).toBe(93)
  expect(CATALOGUE.xid.version).toBe(1)
})

test('an unknown code is a warning that its maker has to explain', () => {
  expect(xidRow(153_000)).toMatchObject({ severity: 'warning', action: 'contact-support', advice: 'UNLISTED' })
  expect(sxidRow(99_999, 'Non-fatal')).toMatchObject({ severity: 'warning', action: 'contact-support' })
  expect(sxidRow(99_999, 'Fatal')).toMatchObject({ severity: 'critical', action: 'reboot-node', listed: 'unlisted' })
})

test.each([
  [12020, 'Non-fatal', 'critical'],
  [22013, 'Correctable', 'warning'],
  [22013, 'Fatal', 'critical'],
  [20034, 'Non-fatal', 'error'],
  [20034, 'Fatal', 'critical'],
  [12028, 'Non-fatal', 'error'],
  [10001, 'Non-fatal', 'warning'],
] as const)('SXid %i called %s: the graver word counts, %s', (code, word, severity) => {
  expect(sxidRow(code, word).severity).toBe(severity)
})

test('what the kernel calls not fatal of NVLink 5 is an event; what it does not say is taken for the worst', () => {
  expect(nvlinkVerdict(xidRow(149), false)).toMatchObject({ severity: 'warning', proof: 'none' })
  expect(nvlinkVerdict(xidRow(149), true)).toEqual(xidRow(149))
  expect(nvlinkVerdict(xidRow(149), undefined)).toEqual(xidRow(149))
  expect(nvlinkVerdict(xidRow(79), false)).toEqual(xidRow(79))
})

test('whatever the number, there is a row, and no word of the kernel makes one milder', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.constantFrom('Fatal', 'Non-fatal', 'Correctable'), (code, word) => {
      expect(xidRow(code).code).toBe(code)
      const listed = SXIDS.get(code)?.severity ?? 'warning'
      expect(compareSeverity(sxidRow(code, word).severity, listed)).toBeGreaterThanOrEqual(0)
    }),
  )
})
