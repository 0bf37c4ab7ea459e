import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { againAfter, parseAckSubject, renderAckSubject } from './ack-subject.ts'

describe('the subject that answers a delivery', () => {
  it('says which message it was, when, and how often it came', () => {
    expect(parseAckSubject('$JS.ACK.EVENTS.http-exporter.2.17.21.1795719512701728070.3')).toEqual({
      stream: 'EVENTS',
      durable: 'http-exporter',
      deliveries: 2,
      streamSequence: 17,
      time: new Date('2026-11-26T18:58:32.701Z'),
    })
  })

  it('is understood in the longer form of newer servers', () => {
    expect(parseAckSubject('$JS.ACK._.9mUQeL.EVENTS.http-exporter.1.17.17.1795719512701728070.0.abc')).toMatchObject({
      stream: 'EVENTS',
      durable: 'http-exporter',
      streamSequence: 17,
    })
  })

  it('that was made for a message is read as that message', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (streamSequence, consumerSequence) => {
        const subject = renderAckSubject('PROBLEMS', 'remediator', { streamSequence, consumerSequence })
        expect(parseAckSubject(subject)).toMatchObject({ stream: 'PROBLEMS', durable: 'remediator', streamSequence })
      }),
    )
  })

  it('is never made of anything else', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(fc.string(), fc.nat().map(String)), { maxLength: 14 }).map((tokens) => tokens.join('.')),
      fc.array(fc.string(), { maxLength: 12 }).map((tokens) => `$JS.ACK.${tokens.join('.')}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const delivery = parseAckSubject(text)
        if (delivery === undefined) return
        expect(text.startsWith('$JS.ACK.')).toBe(true)
        expect(Number.isSafeInteger(delivery.streamSequence) || delivery.streamSequence > 0).toBe(true)
      }),
    )
    for (const near of [
      '',
      '$JS.ACK',
      '$JS.API.X.Y.1.2.3.4.5',
      '$JS.ACK.S.D.1.x.3.4.5',
      '$JS.ACK.S.D.1.2.3.4.5.6',
      '$JS.ACK..D.1.2.3.4.5',
    ])
      expect(parseAckSubject(near)).toBeUndefined()
  })

  it('carries a delay in nanoseconds', () => {
    expect(againAfter(1000)).toBe('-NAK {"delay": 1000000000}')
  })
})
