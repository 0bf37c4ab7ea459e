import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLinkErrors, parseLinks, parseReach } from './links.ts'

const UUID = 'GPU-3f0a51c0-7b2e-4d19-a6c8-000000000000'
const HEAD = `GPU 0: NVIDIA H200 (UUID: ${UUID})\n`

test('tells links that are up from those that are not', () => {
  const text = `${HEAD}\t Link 0: 26.562 GB/s\n\t Link 1: <inactive>\n\t Link 2: 26.562 GB/s\n`
  expect(parseLinks(text)).toEqual(new Map([[UUID, { active: [0, 2], inactive: [1] }]]))
})

test.each([
  'Device does not have or support Nvlink',
  // As without a bridge.
  'NVML: Unable to retrieve Nvlink information as all links are inActive',
])('tells that none is up where it says: %s', (said) => {
  expect(parseLinks(`${HEAD}${said}\n`)).toEqual(new Map([[UUID, { active: [], inactive: [] }]]))
})

test.each([
  ['its driver is not reached', 'Failed to initialize NVML: Driver/library version mismatch\n'],
  ['an error stands in their place', `${HEAD}Unable to determine the device handle for GPU 0: Unknown Error\n`],
  ['it is in MIG mode', 'Nvlink queries are not supported for Devices in MIG mode\n'],
  ['a word is not known', `${HEAD}\t Link 0: 26.562 GB/s\n\t Link 1: sleeping\n`],
  ['it is no GPU', `NIC 0: x (UUID: ${UUID})\n\t Link 0: 26.562 GB/s\n`],
])('says nothing of links where %s', (_, text) => {
  expect(parseLinks(text)).toEqual(new Map())
})

test('adds the errors of a GPU’s links together, by kind', () => {
  const errors = (link: number, counts: readonly number[]) =>
    `\t Link ${link}: Replay Errors: ${counts[0]}\n\t Link ${link}: Recovery Errors: ${counts[1]}\n\t Link ${link}: CRC Errors: ${counts[2]}\n`
  const text = `${HEAD}${errors(0, [1, 0, 900])}\t Link 0: Rx packets: 12\n${errors(1, [2, 3, 0])}`
  expect(parseLinkErrors(text)).toEqual(new Map([[UUID, { replay: 3, recovery: 3, crc: 900 }]]))
})

test('reads who reaches whom, with or without underlines', () => {
  const styled = String.fromCodePoint(27)
  const text = ` \t${styled}[4mGPU0\tGPU1${styled}[0m\t\n GPU0\tX\tOK\t\n GPU1\tTNS\tX\t\n\nLegend:\n\n  X    = Self\n`
  expect(parseReach(text)).toEqual([
    { from: 0, to: 1, word: 'OK' },
    { from: 1, to: 0, word: 'TNS' },
  ])
  expect(parseReach('No devices were found')).toEqual([])
})

test('no text makes them throw, or find a link that does not stand there', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseLinkErrors(text)
      parseReach(text)
      if (!text.includes('Link')) expect(parseLinks(HEAD + text).size).toBe(0)
    }),
  )
})
