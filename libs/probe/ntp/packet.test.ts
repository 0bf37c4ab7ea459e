import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateNtp, type Moment } from './evaluate.ts'
import { betweenMs, type NtpPacket, parsePacket, requestPacket, toTimestamp } from './packet.ts'

const nonce = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
const good: NtpPacket = {
  leap: 0,
  stratum: 2,
  reference: '',
  rootDelayMs: 10,
  rootDispersionMs: 5,
  receive: toTimestamp(1_000_000),
  transmit: toTimestamp(1_000_001),
}
const at = (wallMs: number, monotonicMs: number, doubtMs = 0): Moment => ({ wallMs, monotonicMs, doubtMs })

describe('a packet', () => {
  it('of ours tells nobody our time, only a random number', () => {
    const packet = requestPacket(nonce)
    expect(packet).toHaveLength(48)
    expect(packet[0]).toBe(0x23)
    expect([...packet.subarray(40)]).toEqual([...nonce])
    expect(packet.subarray(1, 40).every((byte) => byte === 0)).toBe(true)
  })

  it('is an answer only with our number, whole, from a server: anything else is none, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, isOurs) => {
        if (isOurs && bytes.length >= 32) bytes.set(nonce, 24)
        const packet = parsePacket(bytes, nonce)
        const isAnswer =
          bytes.length >= 48 &&
          [0x1c, 0x24].includes((bytes[0] ?? 0) & 0x3f) &&
          nonce.every((byte, index) => bytes[24 + index] === byte)
        expect(packet !== undefined).toBe(isAnswer)
      }),
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 48, maxLength: 80 }),
        fc.constantFrom(0x1c, 0x24, 0xe4),
        (bytes, first) => {
          bytes[0] = first
          bytes.set(nonce, 24)
          const packet = parsePacket(bytes, nonce)
          expect(packet?.reference).toMatch(/^[A-Za-z0-9]{0,4}$/)
          const answer = packet && evaluateNtp(packet, at(0, 0), at(1, 1))
          if (answer?.kind === 'time') expect(Number.isFinite(answer.offsetMs + answer.errorMs)).toBe(true)
        },
      ),
    )
  })

  it('has times that are told apart over the end of an era in 2036, and from a clock of 1970', () => {
    const ms = fc.integer({ min: 0, max: Date.UTC(2090, 0) })
    fc.assert(
      fc.property(ms, fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (time, apart) => {
        expect(betweenMs(toTimestamp(time), toTimestamp(time + apart))).toBeCloseTo(apart, 1)
      }),
    )
  })
})

describe('an answer', () => {
  it('is offset and bound: whatever the ways there and back take, the truth is within it', () => {
    const ms = fc.double({ min: 0, max: 2000, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: -(10 ** 9), max: 10 ** 9 }),
        ms,
        ms,
        ms,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (offset, there, held, back, part) => {
          const sentMs = 1_700_000_000_000
          const packet = {
            ...good,
            receive: toTimestamp(sentMs + part + there + offset),
            transmit: toTimestamp(sentMs + part + there + held + offset),
          }
          const tookMs = there + held + back
          const answer = evaluateNtp(packet, at(sentMs, 50), at(Math.floor(sentMs + part + tookMs), 50 + tookMs))
          if (answer?.kind !== 'time') throw new Error(`it is ${answer?.kind}`)
          expect(Math.abs(answer.offsetMs - offset)).toBeLessThanOrEqual(answer.errorMs - 10 + 0.01)
          expect(answer.delayMs).toBeCloseTo(there + back, 1)
        },
      ),
    )
  })

  it('says nothing of a clock that was set meanwhile, in either direction', () => {
    for (const byMs of [-3_600_000, -10, 10, 3000])
      expect(evaluateNtp(good, at(1000, 50), at(1020 + byMs, 70))).toEqual({ kind: 'stepped', byMs })
    expect(evaluateNtp(good, at(1000, 50), at(1021, 70))).toMatchObject({ kind: 'time' })
    // What lies between two readings of a process that had no processor is no step.
    expect(evaluateNtp(good, at(1000, 50, 40), at(1050, 70))).toMatchObject({ kind: 'time' })
  })

  it.each([
    [
      { stratum: 0, reference: 'RATE' },
      { kind: 'kiss', code: 'RATE' },
    ],
    [
      { stratum: 0, reference: 'DENY', leap: 3 },
      { kind: 'kiss', code: 'DENY' },
    ],
    [
      { stratum: 0, reference: 'INIT', leap: 3 },
      { kind: 'unsynchronised', stratum: 0, reference: 'INIT' },
    ],
    [{ stratum: 0 }, { kind: 'unsynchronised', stratum: 0, reference: '' }],
    [{ leap: 3 }, { kind: 'unsynchronised', stratum: 2, reference: '' }],
    [{ stratum: 16 }, { kind: 'unsynchronised', stratum: 16, reference: '' }],
  ])('of %j is %j', (more, expected) => {
    expect(evaluateNtp({ ...good, ...more }, at(0, 0), at(1, 1))).toEqual(expected)
  })

  it('that left before it was asked, or at no time, is none', () => {
    expect(evaluateNtp({ ...good, transmit: good.receive - 1n }, at(0, 0), at(1, 1))).toBeUndefined()
    expect(evaluateNtp({ ...good, transmit: 0n, receive: 0n }, at(0, 0), at(1, 1))).toBeUndefined()
    // Its clock was set while the request lay there: half of that would be our offset.
    const set = { ...good, transmit: toTimestamp(1_000_000 + 3_600_000) }
    expect(evaluateNtp(set, at(1_000_000, 0), at(1_000_010, 10))).toBeUndefined()
    const slewed = { ...good, transmit: toTimestamp(1_000_000 + 1090) }
    expect(evaluateNtp(slewed, at(1_000_000, 0), at(1_001_000, 1000))).toMatchObject({ kind: 'time' })
  })

  it('tells of a leap second', () => {
    expect([0, 1, 2].map((leap) => evaluateNtp({ ...good, leap }, at(0, 0), at(1, 1)))).toMatchObject([
      { leap: 'none' },
      { leap: 'insert' },
      { leap: 'delete' },
    ])
  })
})
