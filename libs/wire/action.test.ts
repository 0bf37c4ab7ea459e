import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as pb from '#proto/nodedoctor/v1/action.ts'
import { anyRemediation } from '../model/testing-any-remediation.ts'
import {
  fromProtoCanRunRequest,
  fromProtoRunRequest,
  fromProtoRunResponse,
  type RunTold,
  toProtoCanRunRequest,
  toProtoRunRequest,
  toProtoRunResponse,
} from './action.ts'

const NOW = new Date('2026-05-12T03:14:20Z')
const through = (told: RunTold) =>
  fromProtoRunResponse(pb.RunResponse.decode(pb.RunResponse.encode(toProtoRunResponse(told)).finish()))

describe('what whoever acts is asked and tells', () => {
  it('comes back from its bytes as it was', () => {
    fc.assert(
      fc.property(anyRemediation('started'), fc.nat(2 ** 31), ({ what }, deadlineMs) => {
        if (what.kind !== 'started') throw new Error('no start')
        const { attempt, act, problem } = what
        const asked = {
          attempt,
          act,
          problem,
          deadlineMs,
          join: deadlineMs % 2 === 1,
          unrecorded: deadlineMs % 3 === 1,
          beginByMs: deadlineMs * 2,
        }
        const bytes = pb.RunRequest.encode(toProtoRunRequest(asked)).finish()
        expect(fromProtoRunRequest(pb.RunRequest.decode(bytes), NOW)).toEqual(asked)
        const can = pb.CanRunRequest.encode(toProtoCanRunRequest(act, asked.unrecorded)).finish()
        expect(fromProtoCanRunRequest(pb.CanRunRequest.decode(can))).toEqual({ act, unrecorded: asked.unrecorded })
      }),
      { numRuns: 40 },
    )
    for (const kind of ['step', 'ended'] as const)
      fc.assert(
        fc.property(anyRemediation(kind), ({ what }) => {
          if (what.kind !== 'step' && what.kind !== 'ended') throw new Error('neither')
          // Whether it may run still is for nobody to say who runs it.
          expect(through(what)).toEqual(what.kind === 'ended' ? { ...what, mayRun: undefined } : what)
        }),
        { numRuns: 40 },
      )
    for (const joined of [true, false]) expect(through({ kind: 'begun', joined })).toEqual({ kind: 'begun', joined })
  })

  it('of a kind that a later version added is none', () => {
    expect(fromProtoRunResponse(pb.RunResponse.create())).toBe(undefined)
  })
})
