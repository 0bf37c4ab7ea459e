import { describe, expect, it } from 'vitest'
import { conditionKey } from './keys.ts'
import { createWorld, declaration, event, observation, report, T0 } from './testing.ts'
import { DISK, told, worldWithDisk } from './testing-disk.ts'
import type { Problem } from './types.ts'

describe('a problem', () => {
  it('opens at first sight and says since when', () => {
    const { world, say } = worldWithDisk()
    const [opened] = told(say('problem', 1000))
    expect(opened).toMatchObject({
      fingerprint: DISK,
      phase: 'opened',
      generation: 1,
      revision: 1,
      severity: 'warning',
    })
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))).toMatchObject({
      status: 'True',
      health: 'problem',
    })
  })

  it('is told once however often it is seen', () => {
    const { say } = worldWithDisk()
    say('problem', 1000)
    expect(told(say('problem', 2000))).toEqual([])
    expect(told(say('problem', 3000))).toEqual([])
  })

  it('is told again when its severity changes, with its beginning unmoved', () => {
    const { say } = worldWithDisk()
    const [opened] = told(say('problem', 1000))
    const [changed] = told(say('problem', 2000, { severity: 'critical' }))
    expect(changed).toMatchObject({
      phase: 'changed',
      revision: 2,
      severity: 'critical',
      worst: 'critical',
      opened: opened?.opened,
    })
  })

  it('resolves only after the declared number of healthy checks in a row', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    expect(told(say('healthy', 2000))).toEqual([])
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))).toMatchObject({
      health: 'problem',
      held: 'unproven',
    })
    expect(told(say('healthy', 3000))).toMatchObject([{ phase: 'resolved', proof: 'healthy-checks' }])
  })

  it('starts its proof anew after a relapse', () => {
    const { say } = worldWithDisk()
    say('problem', 1000)
    say('healthy', 2000)
    say('problem', 3000)
    expect(told(say('healthy', 4000))).toEqual([])
    expect(told(say('healthy', 5000))).toMatchObject([{ phase: 'resolved' }])
  })

  it('counts a generation up at each opening', () => {
    const { say } = worldWithDisk()
    for (const [index, ms] of [0, 10_000].entries()) {
      expect(told(say('problem', ms + 1000))).toMatchObject([{ phase: 'opened', generation: index + 1, revision: 1 }])
      say('healthy', ms + 2000)
      say('healthy', ms + 3000)
    }
  })

  it('is neither opened nor resolved by what cannot be observed', () => {
    const { world, say } = worldWithDisk()
    expect(told(say('unknown', 500))).toEqual([])
    say('problem', 1000)
    for (let ms = 2000; ms < 9000; ms += 1000) expect(told(say('unknown', ms))).toEqual([])
    expect(world.state.problems.get(DISK)?.phase).toBe('opened')
    say('healthy', 10_000)
    expect(world.state.problems.get(DISK)?.phase).toBe('opened')
  })

  it('is neither raised nor cleared by a reading that is only pending', () => {
    const { world, say } = worldWithDisk()
    expect(told(say('healthy', 500, { pending: true }))).toEqual([])
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))?.health).toBe('unknown')
    say('problem', 1000)
    for (let ms = 2000; ms < 9000; ms += 1000) expect(told(say('healthy', ms, { pending: true }))).toEqual([])
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))?.health).toBe('problem')
  })

  it('that only a reboot clears stays open whatever is seen, and ends with the reboot', () => {
    const { world, say } = worldWithDisk({ kind: 'reboot' })
    say('problem', 1000)
    for (let ms = 2000; ms < 20_000; ms += 1000) say('healthy', ms)
    const open = world.state.problems.get(DISK)
    expect(open?.phase).toBe('opened')
    const after = worldWithDisk({ kind: 'reboot' })
    const restored = after.world.take({ kind: 'restored', problems: open ? [open] : [], rebooted: true }, 30_000)
    expect(told(restored)).toMatchObject([{ phase: 'resolved', proof: 'reboot' }])
  })

  it('read back after a reboot is unproven, keeps its beginning, and needs its full proof', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const open = world.state.problems.get(DISK)
    const after = worldWithDisk()
    after.world.take({ kind: 'restored', problems: open ? [open] : [], rebooted: true }, 60_000)
    expect(after.world.state.problems.get(DISK)).toMatchObject({
      unproven: true,
      opened: open?.opened,
      phase: 'changed',
    })
    expect(told(after.say('healthy', 61_000))).toEqual([])
    expect(told(after.say('healthy', 62_000))).toMatchObject([{ phase: 'resolved', opened: open?.opened }])
  })

  it('that comes and goes is held open, and its beginning stays', () => {
    const { world, say } = worldWithDisk()
    let ms = 0
    const next = () => {
      ms += 1000
      return ms
    }
    const openings: Problem[] = []
    for (let i = 0; i < 12; i++) {
      openings.push(...told(say('problem', next())).filter(({ phase }) => phase === 'opened'))
      say('healthy', next())
      say('healthy', next())
    }
    expect(openings).toHaveLength(3)
    expect(world.state.problems.get(DISK)).toMatchObject({ phase: 'opened', generation: 3, flapping: true })
    expect(told(say('healthy', ms + 3_600_000))).toMatchObject([{ phase: 'resolved' }])
  })
})

describe('a report that is delivered again', () => {
  it('does not count twice as proof', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const again = report([observation('DiskFull', 'healthy', { entity: 'disk:/var' })])
    const input = { kind: 'report', monitor: 'system', violations: [], report: again } as const
    world.take(input, 2000)
    expect(told(world.take(input, 3000))).toEqual([])
    expect(world.state.problems.get(DISK)?.phase).toBe('opened')
  })

  it('does not count twice when the same look comes in another report', () => {
    const { world, say } = worldWithDisk()
    say('problem', 1000)
    const observed = new Date(T0 + 2000)
    say('healthy', 2000, { observed })
    expect(told(say('healthy', 3000, { observed }))).toEqual([])
    expect(told(say('healthy', 4000, { observed: new Date(T0 + 4000) }))).toMatchObject([{ phase: 'resolved' }])
    expect(world.state.conditions.get(conditionKey('DiskFull', 'disk:/var'))?.health).toBe('healthy')
  })
})

describe('an event', () => {
  const open = declaration('plugin', [], { open: true, origin: 'discovered' })
  function world() {
    const w = createWorld()
    w.take({ kind: 'declared', declaration: open, incarnation: 0 }, 0)
    return w
  }
  const say = (severity: 'info' | 'warning') =>
    ({
      kind: 'report',
      monitor: 'plugin',
      violations: [],
      report: report([], { events: [event('plugin', 'XidError', { severity })] }),
    }) as const

  it('of a plug-in that declares nothing is a problem until it was absent for ten minutes', () => {
    const w = world()
    expect(told(w.take(say('warning'), 1000))).toMatchObject([{ type: 'XidError', fromEvent: true, phase: 'opened' }])
    expect(told(w.take({ kind: 'tick' }, 300_000))).toEqual([])
    w.take(say('warning'), 400_000)
    expect(told(w.take({ kind: 'tick' }, 900_000))).toEqual([])
    expect(told(w.take({ kind: 'tick' }, 1_000_000))).toMatchObject([{ phase: 'resolved', proof: 'absent' }])
  })

  it('is not absent while nobody could have told it: before all monitors are known', () => {
    const w = world()
    w.take(say('warning'), 1000)
    expect(told(w.take({ kind: 'tick', settled: false }, 1_000_000))).toEqual([])
    w.take(say('warning'), 1_001_000)
    expect(told(w.take({ kind: 'tick', settled: true }, 1_030_000))).toEqual([])
    expect(told(w.take({ kind: 'tick', settled: true }, 1_700_000))).toMatchObject([
      { phase: 'resolved', proof: 'absent' },
    ])
  })

  it('of severity info opens nothing', () => {
    const w = world()
    const changes = w.take(say('info'), 1000)
    expect(told(changes)).toEqual([])
    expect(changes.some(({ kind }) => kind === 'event')).toBe(true)
  })
})
