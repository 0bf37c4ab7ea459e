import { describe, expect, it } from 'vitest'
import type { Desired } from './desired.ts'
import { WATCHED, WELL } from './rank.ts'
import { summaryOf } from './summary.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 4, 12, 3, minute))

function one(type: string, rank: number, minute = 0): Desired {
  const words = { status: 'False', reason: 'R', message: '96.2 %', since: at(minute), observed: at(0) } as const
  return { type, ...words, exact: true, rank, types: [type], plugin: '' }
}

const summary = (known: readonly Desired[], changes: Partial<Parameters<typeof summaryOf>[0]> = {}) =>
  summaryOf({ name: 'NodeDoctorHealthy', known, leftOut: 0, asOf: undefined, observed: at(30), ...changes })

describe('the node as a whole', () => {
  it('is well when everything is, since the last became so', () => {
    expect(summary([one('A', 0, 3), one('B', 0, 7)])).toMatchObject({
      type: 'NodeDoctorHealthy',
      status: 'True',
      reason: 'AllHealthy',
      message: '2 conditions, all well',
      since: at(7),
      observed: at(30),
    })
  })

  it('counts what is not well and names the worst first', () => {
    const known = [one('A', 0), one('SwapHigh', 4, 9), one('DiskFull', 6, 11), one('Net', 2, 2)]
    expect(summary(known, { leftOut: 2 })).toMatchObject({
      status: 'False',
      reason: 'HasProblems',
      message:
        '2 of 4 conditions are problems: DiskFull (critical), SwapHigh (warning); 1 of 4 conditions is not known: Net; 2 of them found no place on the node',
      since: at(9),
    })
  })

  it('is unknown where something is not known and nothing is worse', () => {
    expect(summary([one('A', 0), one('Net', 2, 2)])).toMatchObject({
      status: 'Unknown',
      reason: 'NotAllKnown',
      since: at(2),
    })
  })

  it('is calm about what was looked at for too short a time to say, and names it', () => {
    expect(summary([one('A', WELL, 3), one('CPUPressure', WATCHED, 9), one('DiskSlow', WATCHED, 9)])).toMatchObject({
      status: 'True',
      reason: 'NoneUnhealthy',
      message:
        '1 of 3 conditions is well; 2 of 3 conditions were looked at for too short a time to say: CPUPressure, DiskSlow',
      since: at(3),
    })
    expect(summary([one('DiskFull', 6), one('CPUPressure', WATCHED)]).message).toBe(
      '1 of 2 conditions is a problem: DiskFull (critical); 1 of 2 conditions was looked at for too short a time to say: CPUPressure',
    )
  })

  it('is unknown while nothing at all is known to be well', () => {
    expect(summary([one('CPUPressure', WATCHED, 9)])).toMatchObject({
      status: 'Unknown',
      reason: 'NotAllKnown',
      message: 'none is known to be well; 1 of 1 condition was looked at for too short a time to say: CPUPressure',
      since: at(9),
    })
  })

  it('of a detector that cannot tell what it saw says from when it is', () => {
    expect(summary([one('A', 0)], { asOf: at(20) })).toMatchObject({
      status: 'Unknown',
      observed: at(20),
      message:
        'what stands here is from 2026-05-12T03:20:00Z, the detector cannot tell what it saw since; 1 condition, all well',
    })
  })

  it('is not made by what does not count', () => {
    const uncounted = { ...one('GPUHealthy', 6, 9), uncounted: true } as const
    expect(summary([one('A', WELL, 3), uncounted])).toMatchObject({ status: 'True', message: '1 condition, all well' })
  })

  it('is unknown while nothing counts', () => {
    const uncounted = { ...one('Fan', WELL), uncounted: true } as const
    expect(summary([uncounted])).toMatchObject({ status: 'Unknown', message: 'nothing is known yet' })
  })

  it('names no more than a few', () => {
    expect(summary(Array.from({ length: 90 }, (_, i) => one(`T${i}`, 4))).message).toMatch(/^90 of 90 .* and 82 more$/)
  })
})
