import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernelPlace } from './kernel-place.ts'
import { parseDmesgLine, parseKernelRecord } from './kernel-record.ts'

test('reads what the kernel writes', () => {
  // Linux 6.1, drivers/pci.
  const text =
    '6,339,5140900,c,caller=T1;pci 0000:00:02.0: \\x1b[1mreg\\x5c\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:02.0\n'
  expect(parseKernelRecord(text)).toEqual({
    facility: 0,
    level: 6,
    sequence: 339,
    sinceBootUs: 5_140_900,
    bytes: Buffer.from('pci 0000:00:02.0: \x1b[1mreg\\'),
    fields: { SUBSYSTEM: 'pci', DEVICE: '+pci:0000:00:02.0' },
    deviceText: Buffer.from('pci 0000:00:02.0: \\x1b[1mreg\\x5c\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:02.0'),
  })
  expect(parseKernelRecord('30,1,2,-;')).toMatchObject({ facility: 3, level: 6, bytes: Buffer.alloc(0) })
  expect(parseDmesgLine('<6>[    0.000000] Linux version')).toMatchObject({
    sinceBootUs: 0,
    bytes: Buffer.from('Linux version'),
  })
})

test('any other text is no record, and never throws', () => {
  for (const text of ['', 'a', '6,1', '6,1,2', '-1,1,2,-;x', '6,1,2,-', ';', ' SUBSYSTEM=pci']) {
    expect(parseKernelRecord(text)).toBeUndefined()
  }
  for (const text of ['', '<6>', '<6>[1] x', '[    0.000000] x', '<6>[    0.00] x'])
    expect(parseDmesgLine(text)).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => void [parseKernelRecord(`6,1,2,-;${a}\n ${b}`), parseDmesgLine(a)]),
  )
})

test('what one way has told is not told by another, which knows no numbers or knows them again', () => {
  const record = (sinceBootUs: number, sequence: number | null) => {
    return {
      sequence,
      sinceBootUs,
      facility: 0,
      level: 6,
      bytes: Buffer.alloc(0),
      deviceText: Buffer.alloc(0),
      fields: {},
    }
  }
  const place = createKernelPlace('start', 'now')
  const told = (from: number, to: number, isNumbered: boolean): number[] => {
    const times = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    return times.filter((us) => place.take(record(us, isNumbered ? us + 100 : null)) !== undefined)
  }
  expect(told(1, 5, true)).toEqual([1, 2, 3, 4, 5])
  place.goAnotherWay()
  expect(told(1, 7, false)).toEqual([6, 7])
  place.goAnotherWay()
  expect(told(1, 9, true)).toEqual([8, 9])
  expect(told(1, 10, true)).toEqual([10])
})

test('a record is told once, and every number between two of them is told or counted', () => {
  const records = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 })
  fc.assert(
    fc.property(records, fc.integer({ min: -1, max: 10 }), (numbers, read) => {
      const cursor = { bootId: read < 0 ? 'before' : 'now', sinceBootUs: read, sequence: Math.max(0, read) }
      const place = createKernelPlace(cursor, 'now')
      let last = read < 0 ? -1 : read
      for (const sequence of numbers) {
        const taken = place.take({
          sequence,
          sinceBootUs: sequence,
          facility: 0,
          level: 6,
          bytes: Buffer.alloc(0),
          deviceText: Buffer.alloc(0),
          fields: {},
        })
        expect(taken === undefined).toBe(sequence <= last)
        if (taken === undefined) continue
        expect(taken.lost).toBe(sequence - last - 1)
        last = sequence
      }
    }),
  )
})
