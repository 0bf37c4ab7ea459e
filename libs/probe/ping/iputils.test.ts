import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { complaintOf, parsePing } from './iputils.ts'
import { hasNetRaw, isWithin } from './rights.ts'

const head = 'PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n\n--- 10.0.0.1 ping statistics ---\n'

describe('what ping says in the end', () => {
  it.each([
    [
      '3 packets transmitted, 3 received, 0% packet loss, time 401ms\nrtt min/avg/max/mdev = 0.020/0.035/0.050/0.012 ms\n',
      {
        sent: 3,
        received: 3,
        duplicates: 0,
        errors: 0,
        roundTrip: { minMs: 0.02, avgMs: 0.035, maxMs: 0.05, deviationMs: 0.012 },
      },
    ],
    [
      '4 packets transmitted, 3 received, +1 duplicates, 25% packet loss, time 3004ms\nrtt min/avg/max/mdev = 1/2/3000.5/4 ms, pipe 2\n',
      {
        sent: 4,
        received: 3,
        duplicates: 1,
        errors: 0,
        roundTrip: { minMs: 1, avgMs: 2, maxMs: 3000.5, deviationMs: 4 },
      },
    ],
    [
      '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2049ms\npipe 3\n',
      { sent: 3, received: 0, duplicates: 0, errors: 3, roundTrip: undefined },
    ],
    [
      '3 packets transmitted, 1 received, +1 corrupted, +1 duplicates, +2 errors, 66.6667% packet loss, time 2ms\n',
      { sent: 3, received: 1, duplicates: 1, errors: 2, roundTrip: undefined },
    ],
    [
      '2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0.080/0.090/0.100 ms\n',
      {
        sent: 2,
        received: 2,
        duplicates: 0,
        errors: 0,
        roundTrip: { minMs: 0.08, avgMs: 0.09, maxMs: 0.1, deviationMs: 0 },
      },
    ],
  ])('is counts and times: %j', (text, expected) => {
    expect(parsePing(head + text)).toEqual(expected)
    expect(parsePing(`From 10.0.0.2 icmp_seq=1 Destination Host Unreachable\n${head}${text}`)).toEqual(expected)
  })

  it.each([
    '',
    head,
    '3 Pakete übertragen, 3 empfangen, 0% Paketverlust',
    'ping statistics: 3 packets transmitted, 3 received',
    '12345678901 packets transmitted, 1 received, 0% packet loss',
  ])('is nothing else: %j', (text) => {
    expect(parsePing(text)).toBeUndefined()
  })

  it('never throws, whatever is said', () => {
    const part = fc.constantFrom(
      '3 packets transmitted, ',
      '2 received',
      ', +1 errors',
      '\n',
      'rtt min/avg/max/mdev = ',
      '1/2/3/4',
      '1e9/',
      ' ms',
      '0.1',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        const said = parsePing(parts.join(''))
        if (said === undefined) return
        for (const value of Object.values(said.roundTrip ?? {})) expect(value).toBeGreaterThanOrEqual(0)
        for (const count of [said.sent, said.received, said.duplicates, said.errors])
          expect(Number.isInteger(count)).toBe(true)
      }),
    )
  })

  it('is what it wrote, for any counts and times', () => {
    const count = fc.nat({ max: 1000 })
    const ms = fc.nat({ max: 10_000_000 }).map((us) => us / 1000)
    fc.assert(
      fc.property(count, fc.integer({ min: 1, max: 1000 }), count, ms, ms, (sent, received, duplicates, min, max) => {
        const text = `${sent} packets transmitted, ${received} received, +${duplicates} duplicates, 0% packet loss, time 1ms\nrtt min/avg/max/mdev = ${min.toFixed(3)}/${min.toFixed(3)}/${max.toFixed(3)}/0.000 ms\n`
        expect(parsePing(text)).toEqual({
          sent,
          received,
          duplicates,
          errors: 0,
          roundTrip: { minMs: min, avgMs: min, maxMs: max, deviationMs: 0 },
        })
      }),
    )
  })

  it('is a sentence where it could not begin', () => {
    expect(complaintOf('ping: connect: Network is unreachable\n')).toBe('connect: Network is unreachable')
    expect(complaintOf('/usr/bin/ping: unknown iface: eth9\nmore')).toBe('unknown iface: eth9')
    expect(complaintOf('\n')).toBe('')
  })
})

describe('the right to send echo requests', () => {
  it('is in the range of groups', () => {
    expect(isWithin('0\t2147483647\n', [1000])).toBe(true)
    expect(isWithin('1\t0\n', [0, 1])).toBe(false)
    expect(isWithin('100\t100\n', [0, 100])).toBe(true)
    expect(isWithin('0 4294967295', [-1])).toBe(false)
    expect(isWithin('', [0])).toBe(false)
  })

  it('is in a capability', () => {
    expect(hasNetRaw('CapPrm:\t0000000000000000\nCapEff:\t0000000000002000\n')).toBe(true)
    expect(hasNetRaw('CapPrm:\t0000000000002000\nCapEff:\t0000000000000000\n')).toBe(false)
    expect(hasNetRaw('')).toBe(false)
  })
})
