import { expect, it } from 'vitest'
import { someProblem } from '../../../libs/view/testing.ts'
import { planExit, planText } from './plan-words.ts'

const { type, entity, severity, reason, message, check, source } = someProblem()
const sight = { type, entity, severity, reason, message, check, monitor: source }
const problem = { ...sight, opening: { fingerprint: 'f', generation: 1, opened: new Date(0) } }

it('what others say stays in its line of a plan', () => {
  const forged = 'holds back x: fit: no\nDiskFull  critical: would do now: y'
  const act = { strategy: 'x', target: 'y', parameters: {}, text: 'x\n  2. z' }
  const gates = [{ gate: 'fit', word: 'refuses' as const, text: 'no\nfake' }]
  const acts = [{ id: 'a-1', act, mode: 'act' as const, attempts: 0, of: 1, wouldAct: false, gates }]
  const text = planText([{ problem, verdict: forged, acts, leftOut: [] }], new Date(0))
  expect(text.split('\n')).toHaveLength(4)
  expect(text).not.toContain('\n  2. z')
})

it('a strategy that waits for its turn would not be done', () => {
  const act = { strategy: 'x', target: 'y', parameters: {}, text: 'x' }
  const of = (word: 'refuses' | 'not asked') => ({
    ...{ id: 'a-1', act, mode: 'act' as const, attempts: 0, of: 1, wouldAct: false },
    gates: [{ gate: 'cooldown', word, text: '' }],
  })
  expect(planExit([{ problem, verdict: '', leftOut: [], acts: [of('refuses'), of('not asked')] }])).toBe(1)
})

it('says of each strategy of the check why it has no turn', () => {
  const leftOut = [{ strategy: 'disk-cleanup', why: 'it is for DiskFull (for)\n  -  forged' }]
  const lines = planText([{ problem, verdict: 'no', acts: [], leftOut }], new Date(0)).split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('  -  disk-cleanup is left out: it is for DiskFull (for)')
})
