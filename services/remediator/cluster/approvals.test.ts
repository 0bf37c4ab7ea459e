import { describe, expect, it } from 'vitest'
import { someProblem } from '../../../libs/view/testing.ts'
import { approvalId } from '../gates/approval-id.ts'
import { openingOf } from '../know/truth.ts'
import { fold } from '../state/fold.ts'
import { BY_ANNOTATION, EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { RUNG } from '../testing/questions.ts'
import { createAnnotatedApprovals } from './approvals.ts'

const problem = someProblem()
const id = approvalId(openingOf(problem), RUNG.act)

/** A life of the process: turns with what stands on the node, written into the state that is given on. */
function life(first: SafetyState, met = 'j1') {
  const approvals = createAnnotatedApprovals(met)
  let ladders = 0
  const scene = {
    state: first,
    get ladders() {
      return ladders
    },
    turn(ids: readonly string[], journal = 'j1') {
      const ladderOf = () => {
        ladders += 1
        return [RUNG] as never
      }
      const due = approvals.due({ ids, journal, state: scene.state, problems: [problem], ladderOf })
      for (const what of due) scene.state = fold(scene.state, { time: new Date(0), bootId: 'b', monoMs: 1, what })
      return due.map(({ by, forMs }) => `${by} ${forMs}`)
    },
  }
  return scene
}
const GIVEN = [`${BY_ANNOTATION} 3600000`]

describe('an approval on the node', () => {
  it('is taken once, over a restart, and whoever approves the same by another way', () => {
    const one = life(EMPTY_STATE)
    expect([one.turn([id]), one.turn([id])]).toEqual([GIVEN, []])
    const opening = openingOf(problem)
    const what = { kind: 'approved', id, by: 'ada@w1', opening, forMs: 60_000 } as const
    const byAda = fold(one.state, { time: new Date(0), bootId: 'b', monoMs: 2, what })
    expect(life(byAda).turn([id])).toEqual([])
  })

  it('is another one when it was taken off between, over a restart, too; and void where it was not used', () => {
    const one = life(EMPTY_STATE)
    one.turn([id])
    expect(one.turn([])).toEqual(['annotation of the node, taken off 0'])
    expect(one.state.approvals).toEqual([])
    expect(life(one.state).turn([id])).toEqual(GIVEN)
  })

  it('that is older than the journal is none, until it is put there anew', () => {
    const one = life(EMPTY_STATE, '')
    one.turn([id])
    expect(one.state.approvals.every(({ untilMs }) => untilMs <= one.state.nowMs)).toBe(true)
    expect([one.turn([id]), life(one.state).turn([id])]).toEqual([[], []])
    one.turn([])
    expect(one.turn([id])).toEqual(GIVEN)
    one.state = EMPTY_STATE
    expect(one.turn([id], 'j2')).toEqual([`${BY_ANNOTATION} 0`])
  })

  it('that approves nothing is not looked for again before something changes', () => {
    const one = life(EMPTY_STATE)
    for (let turn = 0; turn < 5; turn++) expect(one.turn(['00000000-1', '00000000-2'])).toEqual([])
    expect(one.ladders).toBe(1)
  })
})
