import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Remediation, RemediationRecord } from '#model'
import { RUNG, SIGHT } from '../testing/questions.ts'
import { fold, replay } from './fold.ts'
import { EMPTY_STATE, MAX_PROBLEMS, type SafetyState } from './types.ts'

const OUTCOMES = ['succeeded', 'failed', 'declined', 'lost'] as const
const VERDICTS = ['proven', 'not-proven', 'not-observed'] as const
const KINDS = [
  'started',
  'ended',
  'verified',
  'seen',
  'refused',
  'exhausted',
  'reset',
  'step',
  'approved',
  'tick',
] as const

interface Draw {
  readonly kind: (typeof KINDS)[number]
  readonly problem: number
  readonly attempt: number
  readonly way: number
  readonly isDry: boolean
}

function whatOf({ kind, problem: index, attempt: number, way, isDry }: Draw): Remediation {
  const opening = { ...SIGHT.opening, fingerprint: `f${index}` }
  const problem = { ...SIGHT, opening }
  const attempt = `a-${number}`
  const act = { ...RUNG.act, target: `disk:/${way}` }
  const of = { act, mode: isDry ? 'dry-run' : 'act', problem } as const
  const output = { message: '', output: '', isOutputCut: false, durationMs: 1, figures: [] }
  const all: Record<Draw['kind'], Remediation> = {
    started: {
      kind: 'started',
      attempt,
      number: 1,
      of: 3,
      cooldownMs: 1,
      verifyWithinMs: 1,
      act,
      problem,
      mode: of.mode,
    },
    ended: { kind: 'ended', attempt, outcome: OUTCOMES[way % 4] ?? 'lost', ...output },
    verified: { kind: 'verified', attempt, verdict: VERDICTS[way % 3] ?? 'proven', message: '' },
    seen: { kind: 'seen', opening, resolved: way % 2 === 0, proof: 'healthy-checks', forgets: way % 3 === 0 },
    refused: { kind: 'refused', ...of, gate: 'fit', reason: `${way}` },
    exhausted: { kind: 'exhausted', problem, mode: of.mode },
    reset: { kind: 'reset', fingerprint: opening.fingerprint, by: 'ann' },
    step: { kind: 'step', attempt, step: `s${way}`, detail: '' },
    approved: { kind: 'approved', id: `${way}`, by: 'ann', opening, forMs: 1 },
    tick: { kind: 'tick' },
  }
  return all[kind]
}

function recordOf(draw: Draw, at: number): RemediationRecord {
  return { time: new Date(0), bootId: at % 50 < 25 ? 'b1' : 'b2', monoMs: at * 10, what: whatOf(draw) }
}

/** Nothing of it may be changed any more. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const each of Object.values(value)) frozen(each)
  return value
}

function foldAll(from: SafetyState, records: readonly RemediationRecord[]): SafetyState {
  return records.reduce((state, record) => frozen(fold(state, record)), frozen(from))
}

describe('replaying records', () => {
  it('comes to what folding them one by one does, which changes nothing that it was given', () => {
    const draw = fc.record({
      kind: fc.constantFrom(...KINDS),
      problem: fc.nat({ max: 3 }),
      attempt: fc.nat({ max: 4 }),
      way: fc.nat({ max: 80 }),
      isDry: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(draw, { maxLength: 120 }), fc.nat({ max: 120 }), (draws, cut) => {
        const records = draws.map(recordOf)
        const half = foldAll(EMPTY_STATE, records.slice(0, cut))
        const whole = foldAll(half, records.slice(cut))
        expect(replay(half, records.slice(cut))).toEqual(whole)
        expect(JSON.stringify(replay(EMPTY_STATE, records))).toBe(JSON.stringify(whole))
      }),
      { numRuns: 300 },
    )
  })

  it('also where there is more than is remembered', () => {
    const draws = Array.from({ length: 2 * MAX_PROBLEMS + 500 }, (_, n): Draw[] => [
      { kind: 'started', problem: n, attempt: n, way: n, isDry: n % 7 === 0 },
      { kind: 'ended', problem: n, attempt: n, way: n, isDry: false },
    ])
    const records = draws.flat().map(recordOf)
    const one = records.reduce(fold, EMPTY_STATE)
    expect(JSON.stringify(replay(EMPTY_STATE, records))).toBe(JSON.stringify(one))
  })
})
