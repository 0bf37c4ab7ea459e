import { describe, expect, it } from 'vitest'
import { ago, NOW, someMonitor, someProblem } from '../../../libs/view/testing.ts'
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

  it('are for a while what an event said', () => {
    const { looks } = looksAt()
    const said = { ...PROBLEM, fromEvent: true, lastSeen: ago(3_600) }
    expect(looks.of(said)).toEqual({ atMs: 1_000_000 - 3_600_000, intervalMs: 600_000 })
  })
})
