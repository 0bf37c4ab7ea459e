import { describe, expect, it } from 'vitest'
import { createRepairs } from '#view'
import { ago } from '../../../libs/view/testing.ts'
import { createStory, ended, refused, started, verified } from '../../../libs/view/testing-repairs.ts'
import { repairMark } from './repair-marks.ts'
import { NONE, opened, problem } from './testing-history.ts'

/** Marks of these, each record as it came. */
function marksOf(...told: Parameters<ReturnType<typeof createStory>>[0][]) {
  const story = createStory()
  const repairs = createRepairs()
  return told.flatMap((what) => {
    const record = story(what)
    repairs.saw(record)
    return repairMark(record, repairs.facts) ?? []
  })
}

describe('repairs on the ribbon', () => {
  it('stand at the lane of their problem, once, however often they are told', async () => {
    const { history } = await opened()
    history.condition(problem(ago(300)))
    const marks = marksOf(
      refused(),
      started(),
      ended(),
      verified({ verdict: 'not-proven', message: 'still 96 % full' }),
    )
    for (const mark of [...marks, ...marks]) history.repair(mark)
    const [lane, ...others] = (await history.query('1h', NONE)).lanes
    expect(others).toEqual([])
    expect(lane?.id).toBe('system/DiskFull/disk:/var')
    expect(lane?.marks).toEqual([
      { at: ago(100).toISOString(), kind: 'held-back', text: 'cooldown: it was done 2 min ago, again after 10 min' },
      { at: ago(99).toISOString(), kind: 'remediation', text: 'repair begun: clean up /var/log' },
      { at: ago(97).toISOString(), kind: 'remediation', text: 'repair not proven: still 96 % full' },
    ])
  })

  it('are none of a dry run, nor of an attempt whose beginning nobody knows', () => {
    const mode = 'dry-run' as const
    expect(marksOf(refused({ mode }), started({ mode }), ended({ outcome: 'declined' }))).toEqual([])
    expect(marksOf(ended({ outcome: 'failed' }), verified())).toEqual([])
  })

  it('have no lane of their own where their problem has none', async () => {
    const { history } = await opened()
    for (const mark of marksOf(started())) history.repair(mark)
    expect((await history.query('1h', NONE)).lanes).toEqual([])
  })
})
