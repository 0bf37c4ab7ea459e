import { describe, expect, it } from 'vitest'
import type { NodeCondition } from '#model'
import { someCondition } from '../../../libs/view/testing.ts'
import { createTracker } from './tracker.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 4, 12, 3, minute))
const is = (health: NodeCondition['health'], minute: number, entity = '') =>
  someCondition({ health, entity, since: at(minute), statusSince: at(minute) })

describe('since when a type has its status', () => {
  it('of one thing is its own word, also where it went and came back unseen', () => {
    const tracker = createTracker()
    tracker.saw('A', [is('healthy', 0)], at(1))
    tracker.saw('A', [is('healthy', 8)], at(9))
    expect(tracker.of('A')).toMatchObject({ since: at(8), exact: true })
  })

  it('of several stays while they take turns, and moves when all are well', () => {
    const tracker = createTracker()
    tracker.saw('A', [is('healthy', 0, 'd:1'), is('healthy', 0, 'd:2')], at(0))
    expect(tracker.of('A')).toMatchObject({ exact: false, unwell: undefined })
    tracker.saw('A', [is('problem', 2, 'd:1'), is('healthy', 0, 'd:2')], at(2))
    tracker.saw('A', [is('problem', 2, 'd:1'), is('problem', 5, 'd:2')], at(5))
    tracker.saw('A', [is('healthy', 7, 'd:1'), is('problem', 5, 'd:2')], at(7))
    expect(tracker.of('A')).toMatchObject({ since: at(2), exact: true })
    tracker.saw('A', [is('healthy', 7, 'd:1'), is('healthy', 9, 'd:2')], at(9))
    expect(tracker.of('A')).toMatchObject({ since: at(9), exact: true, unwell: at(9) })
  })

  it('is forgotten with its last condition', () => {
    const tracker = createTracker()
    tracker.saw('A', [is('problem', 0)], at(0))
    tracker.saw('A', [], at(1))
    expect(tracker.of('A')).toBeUndefined()
  })
})
