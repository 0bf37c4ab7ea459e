import { describe, expect, it } from 'vitest'
import { toProtoNodeCondition, toProtoProblem } from '#wire'
import { someCondition, someProblem } from '../../../libs/view/testing.ts'
import { lineOf } from './lines.ts'

const NOW = new Date('2026-05-12T03:14:20Z')
const SICK = { entity: 'gpu:GPU-3f7a', subject: 'GPU 3, H200', action: 'reset-device' } as const

describe('a line of watch', () => {
  it('names the thing as people call it, and what is to be done about a problem', () => {
    const condition = toProtoNodeCondition(someCondition({ type: 'GPUXidError', message: 'XID 79', ...SICK }))
    expect(lineOf({ $case: 'condition', value: condition }, NOW)?.[1]).toBe('GPUXidError GPU 3, H200: XID 79')
    const problem = (changes: Parameters<typeof someProblem>[0]) =>
      lineOf({ $case: 'problem', value: toProtoProblem(someProblem({ summary: 'XID 79 on GPU 3', ...changes })) }, NOW)
    expect(problem(SICK)?.[1]).toBe('critical: XID 79 on GPU 3 (to do: reset the device)')
    expect(problem({})?.[1]).toBe('critical: XID 79 on GPU 3')
  })
})
