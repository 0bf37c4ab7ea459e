import { describe, expect, it } from 'vitest'
import type { Change } from './state.ts'
import { conditionType, createWorld, declaration, observation, report, T0 } from './testing.ts'
import type { CheckRun, Health } from './types.ts'

const TYPE = 'PumpStopped'
const RUN: CheckRun = {
  check: 'pump',
  checkType: '',
  started: new Date(T0),
  durationUs: 1,
  error: '',
  intervalMs: 1_000,
}

function pumps() {
  const world = createWorld()
  const checks = [{ check: 'pump', conditionTypes: [TYPE], dependsOn: [] }]
  world.take(
    { kind: 'declared', declaration: declaration('pumps', [conditionType(TYPE)], { checks }), incarnation: 5 },
    0,
  )
  let sequence = 0
  return (ms: number, healths: Readonly<Record<string, Health>>, runs: readonly CheckRun[] = []) => {
    sequence++
    const observed = new Date(T0 + ms)
    const said = Object.entries(healths).map(([entity, health]) =>
      observation(TYPE, health, { entity, check: 'pump', observed }),
    )
    const told = report(said, { incarnation: 5, sequence, runs })
    const changes = world.take(
      { kind: 'report', monitor: 'pumps', violations: [], report: told },
      ms,
    ) as readonly Change[]
    return changes.flatMap((change) => {
      if (change.kind !== 'condition' || change.value === undefined) return []
      const { entity, observed: at, byLook } = change.value
      return [{ entity, atMs: at.getTime() - T0, byLook, isWritten: !change.quiet }]
    })
  }
}

describe('what a check reports that tells no runs', () => {
  // Steps are of the wall clock: of 03:14:20 the next is at 03:14:30.
  it('is told as a look at each problem that it names, once in 15 s, and of what is well as before', () => {
    const tell = pumps()
    expect(tell(1_000, { 'pump:1': 'problem', 'pump:2': 'healthy' })).toMatchObject([
      { entity: 'pump:1', byLook: true, isWritten: true },
      { entity: 'pump:2', byLook: false, isWritten: true },
    ])
    const written: { entity: string; atMs: number }[] = []
    for (let ms = 2_000; ms <= 60_000; ms += 1_000)
      written.push(...tell(ms, { 'pump:1': 'problem', 'pump:2': 'healthy' }).filter(({ isWritten }) => isWritten))
    expect(written.map(({ entity }) => entity)).toEqual(Array.from({ length: 4 }, () => 'pump:1'))
    expect(written.at(-1)?.atMs).toBe(55_000)
  })

  it('is no look at what it does not name, and ends with the first run', () => {
    const tell = pumps()
    tell(1_000, { 'pump:1': 'problem', 'pump:2': 'problem' })
    expect(tell(30_000, { 'pump:1': 'problem' })).toMatchObject([{ entity: 'pump:1', atMs: 25_000 }])
    const tells = pumps()
    expect(tells(1_000, { 'pump:1': 'problem' }, [RUN])).toMatchObject([{ byLook: false }])
    expect(tells(30_000, { 'pump:1': 'problem' }).filter(({ isWritten }) => isWritten)).toEqual([])
  })
})
