import { describe, expect, it } from 'vitest'
import { type Absence, judgeAbsence } from './absence.ts'

const HOUR_MS = 3_600_000

function judged(absence: Partial<Absence>, nowMs: number) {
  return judgeAbsence({ goneSinceMs: 10_000, expected: false, health: 'unreachable', ...absence }, nowMs, HOUR_MS)
}

describe('one whose socket was found and that is gone', () => {
  it('is forgotten once it is lost and was gone for longer than it is remembered', () => {
    expect(judged({}, 10_000 + HOUR_MS)).toEqual({ isForgotten: false, dueMs: 11_000 + HOUR_MS })
    expect(judged({}, 10_001 + HOUR_MS)).toEqual({ isForgotten: true, dueMs: Number.POSITIVE_INFINITY })
    expect(judged({ health: 'alive' }, 20_000 + HOUR_MS)).toEqual({ isForgotten: false, dueMs: 21_000 + HOUR_MS })
  })

  it('is forgotten at once where it never spoke', () => {
    expect(judged({ health: undefined }, 10_000)).toEqual({ isForgotten: true, dueMs: Number.POSITIVE_INFINITY })
  })

  it('is forgotten at once where it is one of ours and has said nothing of this node, unless it must be here', () => {
    expect(judged({ health: 'alive', isIdle: true }, 10_000).isForgotten).toBe(true)
    expect(judged({ health: 'alive', isIdle: true, expected: true }, 10_000).isForgotten).toBe(false)
  })

  it('is never forgotten where it must be here, and its place is free for another when the time is over', () => {
    expect(judged({ expected: true }, 20_000)).toEqual({ isForgotten: false, dueMs: 10_000 + HOUR_MS })
    expect(judged({ expected: true, health: undefined }, 20_000 + HOUR_MS)).toEqual({
      isForgotten: false,
      dueMs: Number.POSITIVE_INFINITY,
    })
  })
})
