import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as pb from '#proto/nodedoctor/v1/remediation.ts'
import { anyRemediation, REMEDIATION_KINDS } from '../model/testing-any-remediation.ts'
import { fromProtoRemediation, toProtoRemediation, toProtoToldRemediation } from './remediation.ts'

/** A word that only a later version has. */
const LATER: number = 9

const NOW = new Date('2026-05-12T03:14:20Z')

function through(record: pb.RemediationRecord) {
  return fromProtoRemediation(pb.RemediationRecord.decode(pb.RemediationRecord.encode(record).finish()), NOW)
}

describe('a record of repairs', () => {
  for (const kind of REMEDIATION_KINDS)
    it(`comes back from its bytes as it was: ${kind}`, () => {
      fc.assert(
        fc.property(anyRemediation(kind), (record) => {
          expect(through(toProtoToldRemediation(record))).toEqual(record)
          const { journal, sequence, ...alone } = record
          expect(through(toProtoRemediation(alone))).toEqual({ ...alone, journal: '', sequence: 0 })
        }),
        { numRuns: 40 },
      )
    })

  it('has whole milliseconds, whatever a clock counts in', () => {
    const ended = {
      kind: 'ended',
      attempt: 'a',
      outcome: 'succeeded',
      message: '',
      output: '',
      isOutputCut: false,
      figures: [],
    } as const
    const at = { time: NOW, bootId: 'b', monoMs: 1.5 }
    expect(through(toProtoRemediation({ ...at, what: { ...ended, durationMs: 16.24 } }))?.what).toMatchObject({
      durationMs: 16,
    })
    const breaker = { kind: 'breaker', state: 'open', failures: 1, forMs: 2.7 } as const
    expect(through(toProtoRemediation({ ...at, what: breaker }))?.what).toMatchObject({ forMs: 3 })
  })

  it('of a kind that a later version added is none', () => {
    const bytes = pb.RemediationRecord.encode(pb.RemediationRecord.create({ bootId: 'b' })).finish()
    // Field 90, a message without fields.
    expect(
      fromProtoRemediation(pb.RemediationRecord.decode(Buffer.concat([bytes, Buffer.from([0xd2, 0x05, 0])])), NOW),
    ).toBe(undefined)
  })

  it('has the cautious word for what a later version calls otherwise', () => {
    const ended = pb.AttemptEnded.create({ attempt: 'a', outcome: LATER as pb.AttemptOutcome })
    const record = pb.RemediationRecord.create({ what: { $case: 'ended', value: ended } })
    expect(through(record)?.what).toMatchObject({ kind: 'ended', outcome: 'lost' })
    const started = pb.AttemptStarted.create({ attempt: 'a', mode: LATER as pb.AttemptMode })
    expect(through(pb.RemediationRecord.create({ what: { $case: 'started', value: started } }))?.what).toMatchObject({
      mode: 'act',
      problem: { opening: { opened: NOW } },
    })
  })
})
