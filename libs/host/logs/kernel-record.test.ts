import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernelPlace } from './kernel-place.ts'
import { mayBeOne, parseDmesgLine, parseKernelRecord } from './kernel-record.ts'

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

test('reads who said it, as some kernels have it behind the time, as no part of the message', () => {
  for (const caller of ['[  T452]', '[    C3]', '[T1234567]'])
    expect(parseDmesgLine(`<4>[   12.000003]${caller} NVRM: Xid`)).toMatchObject({
      sinceBootUs: 12_000_003,
      bytes: Buffer.from('NVRM: Xid'),
    })
  expect(parseDmesgLine('<4>[   12.000003] [  T452] said')).toMatchObject({ bytes: Buffer.from('[  T452] said') })
})

test('lines of one time, level and facility may be one record', () => {
  const [line, ...others] = [
    '<6>[1.000001] a',
    '<6>[1.000001] b',
    '<4>[1.000001] b',
    '<6>[1.000002] b',
    '<14>[1.000001] b',
  ].map((text) => parseDmesgLine(text)!)
  expect(others.map((other) => mayBeOne(line, other))).toEqual([true, false, false, false])
  expect(mayBeOne(undefined, line!)).toBe(false)
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
