import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '#model'
import { DescribeResponse, WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { Report } from '#proto/nodedoctor/v1/types.ts'
import { bounded, mostThingsOf, readWatchResponse } from './reading.ts'

const MIB = 1024 * 1024
const MOST = mostThingsOf(DEFAULT_LIMITS)
/** Tag and length of field 1: the report of a message. */
function message(report: Uint8Array): Buffer {
  const length: number[] = []
  for (let left = report.length; ; left = Math.floor(left / 128)) {
    length.push(left < 128 ? left : (left % 128) + 128)
    if (left < 128) break
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), report])
}

function read(bytes: Uint8Array, partBytes?: number): { response: WatchResponse; parts: number } {
  const reading = readWatchResponse(bytes, MOST, partBytes)
  for (let parts = 1; ; parts++) {
    const next = reading.next()
    if (next.done === true) return { response: next.value, parts }
  }
}

/** What the protocol names of it. */
function known(told: WatchResponse): string {
  return JSON.stringify(told, (key, value: unknown) => (key === '_unknownFields' ? undefined : value))
}

const name = fc.string({ unit: 'binary', maxLength: 12 })
const report = fc
  .record({
    incarnation: fc.nat(),
    sequence: fc.nat(),
    time: fc.option(fc.date({ noInvalidDate: true, min: new Date(0) }), { nil: undefined }),
    observations: fc.array(fc.record({ type: name, entity: name, message: name }), { maxLength: 8 }),
    events: fc.array(fc.record({ reason: name, message: name }), { maxLength: 8 }),
    metrics: fc.array(fc.record({ name, value: fc.double(), labels: fc.dictionary(name, name) }), { maxLength: 8 }),
    runs: fc.array(fc.record({ check: name, error: name }), { maxLength: 8 }),
    withdrawn: fc.array(fc.record({ type: name, entity: name }), { maxLength: 8 }),
    complete: fc.array(name, { maxLength: 8 }),
  })
  .map((parts) => Report.fromPartial(parts))
const response = fc.record({
  report: fc.option(report, { nil: undefined }),
  time: fc.option(fc.date({ noInvalidDate: true, min: new Date(0) }), { nil: undefined }),
  dropped: fc.nat(),
})

describe('a message of a monitor', () => {
  it('says the same read in parts as read at once', () => {
    fc.assert(
      fc.property(response, fc.integer({ min: 1, max: 200 }), (told, partBytes) => {
        const bytes = WatchResponse.encode(told).finish()
        expect(read(bytes, partBytes).response).toEqual(WatchResponse.decode(bytes))
      }),
    )
  })

  it('is read in parts where it is large', () => {
    const observations = Array.from({ length: 600 }, () => ({ type: 'A', message: 'x'.repeat(1024) }))
    const bytes = WatchResponse.encode(WatchResponse.fromPartial({ report: { observations } })).finish()
    const { response: told, parts } = read(bytes)
    expect(told.report?.observations).toHaveLength(600)
    expect(parts).toBeGreaterThan(18)
    expect(parts).toBeLessThan(24)
  })

  it('is refused where a few bytes say very many things', () => {
    const empty = Buffer.alloc(MIB - 16, Buffer.from([0x22, 0x00]))
    expect(() => read(message(empty))).toThrow('the message has more than 17312 conditions, events, samples and runs')
  })

  it('is refused where one condition in it has very many fields', () => {
    const fields = Buffer.alloc(MIB - 32, Buffer.from([0x08, 0x01]))
    const one = Buffer.concat([Buffer.from([0x22]), message(fields).subarray(1)])
    expect(() => read(message(one))).toThrow('the message has more than 65536 tags, lengths and small numbers')
  })

  it('keeps nothing of what no protocol names', () => {
    const unknown = Buffer.alloc(120_000, Buffer.from([0xfa, 0x3f, 0x01, 0x41]))
    const one = Buffer.concat([Buffer.from([0x22]), message(unknown).subarray(1)])
    const told = read(message(one)).response.report?.observations[0]?._unknownFields
    const kept = Object.values(told ?? {}).flat()
    expect(kept.reduce((bytes, { length }) => bytes + length, 0)).toBe(0)
  })

  it('is refused where a field ends before its length does, and hides others', () => {
    const hidden = Buffer.alloc(48_000, Buffer.from([0x22, 0x00]))
    const one = Buffer.concat([Buffer.from([0x22]), message(Buffer.concat([Buffer.from([0x04]), hidden])).subarray(1)])
    expect(() => read(message(one))).toThrow('a field ends before its length does')
    const many = Buffer.concat([Buffer.from([0x04]), Buffer.alloc(240_000, Buffer.from([0x22, 0x00]))])
    expect(() => read(message(Buffer.concat([Buffer.from([0x22]), message(many).subarray(1)])))).toThrow(
      'the message has more than 65536 tags, lengths and small numbers',
    )
  })

  it('has its last report where it has two, and has fields beside it', () => {
    const reports = ['a', 'b'].map((type) =>
      WatchResponse.encode(WatchResponse.fromPartial({ report: { observations: [{ type }] } })).finish(),
    )
    const dropped = WatchResponse.encode(WatchResponse.fromPartial({ dropped: 7 })).finish()
    const bytes = Buffer.concat([dropped, ...reports, dropped])
    const told = read(bytes, 1).response
    expect(told).toEqual(WatchResponse.decode(bytes))
    expect(told).toMatchObject({ dropped: 7, report: { observations: [{ type: 'b' }] } })
  })

  it('that is damaged is refused, or read as it is read at once; never more of it than there may be', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(response, damage, fc.integer({ min: 1, max: 200 }), (told, places, partBytes) => {
        const bytes = Buffer.from(WatchResponse.encode(told).finish())
        for (const [at, value] of places) if (bytes.length > 0) bytes[at % bytes.length] = value
        let got: WatchResponse
        try {
          got = read(bytes, partBytes).response
        } catch {
          return
        }
        const things = Object.values(got.report ?? {}).filter(Array.isArray)
        expect(things.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(bytes.length)
        if (bytes.length <= partBytes) expect(known(got)).toBe(known(WatchResponse.decode(bytes)))
      }),
    )
  })

  it('that is cut short is an error where it is cut', () => {
    const whole = message(Buffer.alloc(100_000, Buffer.from([0x22, 0x03, 0x0a, 0x01, 0x41])))
    expect(read(whole.subarray(0, 0)).response.report).toBeUndefined()
    expect(() => read(whole.subarray(0, 90_001))).toThrow('premature EOF')
    expect(() => read(Buffer.alloc(100_000, 0xff))).toThrow()
  })
})

it('an answer of a monitor is refused where it has very many fields', () => {
  const { responseDeserialize } = bounded({}, DescribeResponse)
  const types = Buffer.alloc(MIB, Buffer.from([0x22, 0x00]))
  expect(() => responseDeserialize(types)).toThrow('the message has more than 262144 tags, lengths and small numbers')
  expect(
    responseDeserialize(Buffer.from(DescribeResponse.encode(DescribeResponse.fromPartial({ name: 'a' })).finish()))
      .name,
  ).toBe('a')
})
