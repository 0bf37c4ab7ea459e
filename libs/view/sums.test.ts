import { describe, expect, it } from 'vitest'
import type { NodeCondition, Problem } from '#model'
import { renderNodeView } from './node.ts'
import { renderPlainText } from './plain.ts'
import { ago, NOW, someCondition, someFacts, someProblem } from './testing.ts'
import { wordsToText } from './words.ts'

const problem = { status: 'True', health: 'problem', severity: 'critical', sources: ['gpu'] } as const
const hot = someCondition({ ...problem, type: 'GPUTemperatureHigh', entity: 'gpu:GPU-1', reason: 'Hot' })
const sum = someCondition({
  ...problem,
  status: 'False',
  type: 'GPUHealthy',
  entity: '',
  reason: 'GPUTemperatureHigh',
  polarity: 'true-is-healthy',
})
const words = { owner: 'shared', summary: 'GPU 1, H200: hot', evidence: undefined } as const
const hotProblem = someProblem({
  ...words,
  fingerprint: 'hot',
  type: hot.type,
  entity: hot.entity,
  reason: 'Hot',
  opened: ago(6),
})
const sumProblem = someProblem({
  ...words,
  fingerprint: 'sum',
  type: sum.type,
  entity: '',
  reason: hot.type,
  opened: ago(54),
})

function told(conditions: readonly NodeCondition[], problems: readonly Problem[]) {
  const view = renderNodeView(someFacts({ conditions, problems }), NOW)
  const sums = [...view.problems, ...view.resolved].filter(({ sumOf }) => sumOf !== undefined)
  return { view, sums, sentence: wordsToText(view.verdict.sentence, NOW), text: renderPlainText(view, NOW) }
}

describe('a condition that is the sum of others', () => {
  it('is one problem with what it is the sum of, since that began', () => {
    const { view, sums, sentence, text } = told([hot, sum], [hotProblem, sumProblem])
    expect(sentence).toBe('1 problem: GPU 1, H200: hot, for 6 s.')
    expect(view.problems).toHaveLength(2)
    expect(sums).toMatchObject([{ fingerprint: 'sum', sumOf: 'hot' }])
    expect(text.match(/Critical for/g)).toHaveLength(1)
  })

  it('is a problem of its own once what it was the sum of is over, and is not proven well itself', () => {
    const over = { ...hotProblem, phase: 'resolved', resolved: ago(2), openMs: 4000 } as const
    const { sums, sentence } = told([{ ...hot, health: 'healthy' }, sum], [over, sumProblem])
    expect(sentence).toBe('1 problem: GPU 1, H200: hot, for 54 s.')
    expect(sums).toEqual([])
  })

  it('is told once when it is over as well', () => {
    const over = { phase: 'resolved', resolved: ago(2), openMs: 4000 } as const
    const { text, sums } = told(
      [],
      [
        { ...hotProblem, ...over },
        { ...sumProblem, ...over },
      ],
    )
    expect(sums).toEqual([])
    expect(text.match(/over after/g)).toHaveLength(2)
    const well = [hot, sum].map((one): NodeCondition => ({ ...one, health: 'healthy' }))
    expect(
      told(well, [
        { ...hotProblem, ...over },
        { ...sumProblem, ...over },
      ]).text.match(/over after/g),
    ).toHaveLength(1)
  })

  it('hides no trouble of another monitor, and none of which True is the problem', () => {
    expect(told([{ ...hot, sources: ['other'] }, sum], [hotProblem, sumProblem]).sentence).toMatch(/^2 problems/)
    expect(told([hot, { ...sum, polarity: 'true-is-problem' }], [hotProblem, sumProblem]).sentence).toMatch(
      /^2 problems/,
    )
    expect(told([hot, { ...sum, reason: 'Other' }], [hotProblem, { ...sumProblem, reason: 'Other' }]).sentence).toMatch(
      /^2 problems/,
    )
  })

  it('hides nothing that is graver than its cause, nor two that name each other', () => {
    const mild = { ...hot, severity: 'warning' } as const
    expect(told([mild, sum], [{ ...hotProblem, severity: 'warning' }, sumProblem]).sentence).toMatch(/^2 problems/)
    const other = { ...hot, status: 'False', polarity: 'true-is-healthy', reason: sum.type } as const
    expect(told([other, sum], [{ ...hotProblem, reason: sum.type }, sumProblem]).sentence).toMatch(/^2 problems/)
    expect(told([hot, { ...sum, sources: ['gpu', 'other'] }], [hotProblem, sumProblem]).sentence).toMatch(/^2 problems/)
  })
})
