import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACTIONS, MAX_SUBJECT } from '#model'
import { ACTION_WORDS, actionWords, renderDetail, subjectWords } from './detail.ts'
import { renderNodeView } from './node.ts'
import { renderPlainText } from './plain.ts'
import { ago, NOW, someCondition, someFacts, someProblem } from './testing.ts'

const GPU = { entity: 'gpu:GPU-3f7a', subject: 'GPU 3, H200' } as const
const SICK = { ...GPU, action: 'replace-hardware', observeOnly: true } as const

describe('what is to be done', () => {
  it('has words for every action, and none where nothing is known', () => {
    expect(Object.keys(ACTION_WORDS)).toEqual([...ACTIONS])
    expect(actionWords({})).toBe('')
    expect(actionWords(SICK)).toBe('replace the hardware')
  })

  it('stands in the view of a condition and of its problem, and is not there where nobody said it', () => {
    const conditions = [someCondition({ health: 'problem', ...SICK }), someCondition({ entity: 'disk:/' })]
    const view = renderNodeView(someFacts({ conditions, problems: [someProblem(SICK)] }), NOW)
    expect(view.conditions[0]).toMatchObject(SICK)
    expect(view.problems[0]).toMatchObject(SICK)
    for (const key of ['action', 'observeOnly', 'subject']) expect(view.conditions[1]).not.toHaveProperty(key)
  })

  it('is no advice once the detector is not heard any more; what the thing is called stays', () => {
    const detector = { state: 'stale', lastHeartbeat: ago(90), listeningSince: ago(900) } as const
    const conditions = [someCondition({ health: 'problem', ...SICK })]
    const [condition] = renderNodeView(someFacts({ detector, conditions }), NOW).conditions
    expect(condition).toMatchObject(GPU)
    expect(condition).not.toHaveProperty('action')
    expect(condition).not.toHaveProperty('observeOnly')
  })

  it('is a line of the plain text', () => {
    const facts = someFacts({ problems: [someProblem(SICK)] })
    expect(renderPlainText(renderNodeView(facts, NOW), NOW).split('\n').slice(7, 12)).toEqual([
      '  Critical for 4 min, since 03:10:11 UTC  (DiskFull  GPU 3, H200 (gpu:GPU-3f7a)  AboveCriticalLimit)',
      '  96.2 % used, limit 95 %. 7.6 GiB of 200 GiB free.',
      '  To do: replace the hardware.',
      '  It is told only: nothing acts on it by itself.',
      '  Gone when: 2 checks in a row find it under 90 %.',
    ])
  })
})

describe('what a thing is called', () => {
  it('stands before the entity, which commands take', () => {
    expect(subjectWords(GPU.subject, GPU.entity)).toBe('GPU 3, H200 (gpu:GPU-3f7a)')
    expect(subjectWords(undefined, GPU.entity)).toBe(GPU.entity)
    expect(subjectWords(GPU.entity, GPU.entity)).toBe(GPU.entity)
    expect(subjectWords('the node', '')).toBe('the node')
  })

  it('is one clean line, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (any) => {
        const { subject = 'x' } = renderDetail({ subject: any })
        expect(subject.length).toBeLessThanOrEqual(MAX_SUBJECT)
        expect(subject).not.toBe('')
        expect(subject).not.toMatch(/[\u0000-\u001f\u202e]/)
      }),
    )
  })
})
