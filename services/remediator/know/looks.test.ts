import { describe, expect, it } from 'vitest'
import { ago, NOW, someCondition, someMonitor, someProblem } from '../../../libs/view/testing.ts'
import { createLooks } from './looks.ts'

const PROBLEM = someProblem({ check: 'disk', source: 'system' })

function looksAt(wall = NOW) {
  const at = { wall, nowMs: 1_000_000 }
  const looks = createLooks({ nowMs: () => at.nowMs, wallMs: () => at.wall.getTime() })
  const [run] = someMonitor().runs
  if (run === undefined) throw new Error('the monitor has a run')
  const heard = (started: Date) =>
    looks.heard(
      someMonitor({ name: 'system', runs: [{ ...run, check: 'disk', started, durationUs: 0, intervalMs: 30_000 }] }),
    )
  return { looks, at, heard }
}

describe('looks', () => {
  it('are as old as the wall clock said when they were heard of', () => {
    const { looks, heard, at } = looksAt()
    heard(ago(20))
    expect(looks.of(PROBLEM)).toEqual({ atMs: 980_000, intervalMs: 30_000 })
    at.wall = ago(3_600)
    heard(ago(20))
    expect(looks.of(PROBLEM)).toEqual({ atMs: 980_000, intervalMs: 30_000 })
  })

  it('are not known of a check without a run, whatever its problem says', () => {
    const { looks, heard } = looksAt()
    expect(looks.of(PROBLEM)).toBeUndefined()
    heard(ago(20))
    expect(looks.of({ ...PROBLEM, check: 'other' })).toBeUndefined()
    looks.gone('system')
    expect(looks.of(PROBLEM)).toBeUndefined()
  })

  it('are not known where the clock was set back behind them, until the next one', () => {
    const { looks, heard } = looksAt(ago(3_600))
    heard(ago(20))
    expect(looks.of(PROBLEM)).toBeUndefined()
    heard(ago(3_601))
    expect(looks.of(PROBLEM)).toEqual({ atMs: 999_000, intervalMs: 30_000 })
  })

  it('are what is reported of a problem by a check that tells no runs, and nothing else it does', () => {
    const { looks, at } = looksAt()
    const { type, entity } = PROBLEM
    const told = (agoS: number, other = {}) =>
      someCondition({ type, entity, sources: ['system'], byLook: true, observed: ago(agoS), ...other })
    expect(looks.of(PROBLEM, told(20))).toEqual({ atMs: 980_000, intervalMs: 60_000, lateMs: 15_000 })
    // Nothing more is reported: it grows old, whatever else of the plug-in lives, and however the clock is set.
    at.nowMs += 300_000
    at.wall = ago(3_600)
    expect(looks.of(PROBLEM, told(20))?.atMs).toBe(980_000)
    // By that clock it has yet to come.
    expect(looks.of(PROBLEM, told(10))).toBeUndefined()
    expect(looks.of(PROBLEM, told(3_601))?.atMs).toBe(1_299_000)
    at.wall = NOW
    expect(looks.of(PROBLEM, told(5, { byLook: false }))).toBeUndefined()
    expect(looks.of(PROBLEM, told(5, { sources: ['other'] }))).toBeUndefined()
  })

  it('are no runs that leave a problem out, but what was reported of it last', () => {
    const { looks, heard, at } = looksAt()
    const { type, entity } = PROBLEM
    const told = (other = {}) =>
      someCondition({ type, entity, sources: ['system'], byLook: true, observed: ago(50), health: 'problem', ...other })
    heard(ago(20))
    // As often as its check looks, and told in steps.
    expect(looks.of(PROBLEM, told())).toEqual({ atMs: 950_000, intervalMs: 45_000, lateMs: 15_000 })
    expect(looks.of(PROBLEM, told({ byLook: false }))).toEqual({ atMs: 980_000, intervalMs: 30_000 })
    at.nowMs += 60_000
    at.wall = ago(-60)
    heard(ago(-40))
    expect(looks.of(PROBLEM, told())?.atMs).toBe(950_000)
    // What others find first is theirs, and what nobody finds any more is asked of its runs.
    expect(looks.of(PROBLEM, told({ sources: ['other', 'system'] }))?.intervalMs).toBe(30_000)
    expect(looks.of(PROBLEM, told({ health: 'healthy' }))?.intervalMs).toBe(30_000)
  })

  it('are made by whoever answers and, where he tells when he looks, does so', () => {
    const { looks, heard, at } = looksAt()
    const watches = (check: string) => looks.isWatching({ monitor: 'system', check })
    expect(watches('disk')).toBe(false)
    heard(ago(20))
    expect([watches('disk'), watches('events')]).toEqual([true, true])
    at.nowMs += 41_000
    expect([watches('disk'), watches('events')]).toEqual([false, true])
    looks.heard(someMonitor({ name: 'system', health: 'unreachable', runs: [] }))
    expect(watches('events')).toBe(false)
    looks.heard(someMonitor({ name: 'system', runs: [] }))
    looks.gone('system')
    expect(watches('events')).toBe(false)
  })

  it('are for a while what an event said', () => {
    const { looks } = looksAt()
    const said = { ...PROBLEM, fromEvent: true, lastSeen: ago(3_600) }
    expect(looks.of(said)).toEqual({ atMs: 1_000_000 - 3_600_000, intervalMs: 600_000 })
    // The clock is set back behind it: how old it is nobody knows who did not hear it before.
    const back = looksAt(ago(7_200))
    expect(back.looks.of(said)).toBeUndefined()
    expect(back.looks.of({ ...said, lastSeen: ago(7_260) })?.atMs).toBe(940_000)
  })
})
