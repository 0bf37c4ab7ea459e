import { describe, expect, it } from 'vitest'
import type { NodeCondition, Problem } from '#model'
import { someCondition, someProblem } from '../../../libs/view/testing.ts'
import { openingOf } from '../know/truth.ts'
import { unacted } from '../state/fold.ts'
import { createMachine, type Machine, openingNow, rungOf } from './testing-desk.ts'
import { proofNow } from './witness.ts'

const F = 'f1'
const MINUTE_MS = 60_000

/** Looks go on all the while. */
async function pass(machine: Machine, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    machine.look()
    await machine.clock.advance(Math.min(10_000, left))
  }
}

/** Acted on once, and proven well since a moment ago. */
async function repaired(other: Partial<Problem> = {}): Promise<Machine> {
  const machine = createMachine({ rungs: [rungOf('systemd-restart', { cooldownMs: 1_000 })] })
  machine.opens(F, other)
  machine.begin()
  await pass(machine, 20_000)
  machine.resolves(F)
  await pass(machine, 10_000)
  expect(machine.told('verified')).toMatchObject([{ verdict: 'proven' }])
  return machine
}

async function forgetsAfter(away: (machine: Machine) => Promise<void>): Promise<boolean> {
  const machine = await repaired()
  await away(machine)
  machine.opens(F)
  await pass(machine, 10_000)
  const told = machine.told('seen')
  expect(told.filter(({ forgets, resolved }) => forgets && !resolved)).toEqual([])
  const forgotten = told.filter(({ forgets }) => forgets).length
  expect(forgotten).toBeLessThanOrEqual(1)
  const attempts = Object.values(machine.life?.safety.state.ledgers.act.problems[F]?.acts ?? {})
  expect(attempts).toMatchObject([{ attempts: forgotten === 1 ? 1 : 2 }])
  return forgotten === 1
}

describe('time in which a problem is proven healthy', () => {
  it('is as long as somebody saw it', async () => {
    expect(await forgetsAfter((machine) => pass(machine, 31 * MINUTE_MS))).toBe(true)
    expect(await forgetsAfter((machine) => pass(machine, 25 * MINUTE_MS))).toBe(false)
  })

  it('is no longer by what passes while this process, the bus or the detector is away', async () => {
    const process = await forgetsAfter(async (machine) => {
      await pass(machine, 5 * MINUTE_MS)
      machine.life?.kill()
      await pass(machine, 30 * MINUTE_MS)
      machine.begin()
      await pass(machine, MINUTE_MS)
    })
    const detector = await forgetsAfter(async (machine) => {
      await pass(machine, 5 * MINUTE_MS)
      machine.beats = false
      await pass(machine, 30 * MINUTE_MS)
      machine.beats = true
      await pass(machine, MINUTE_MS)
    })
    const bus = await forgetsAfter(async (machine) => {
      await pass(machine, 5 * MINUTE_MS)
      machine.hasBus = false
      await pass(machine, 30 * MINUTE_MS)
      machine.hasBus = true
      await pass(machine, MINUTE_MS)
    })
    expect([process, detector, bus]).toEqual([false, false, false])
  })

  it('begins anew where its check did not look, and goes on counting when it does', async () => {
    const blind = await forgetsAfter(async (machine) => {
      await pass(machine, 5 * MINUTE_MS)
      for (let ms = 0; ms < 30 * MINUTE_MS; ms += 10_000) await machine.clock.advance(10_000)
      await pass(machine, MINUTE_MS)
    })
    expect(blind).toBe(false)
    const later = await forgetsAfter(async (machine) => {
      for (let ms = 0; ms < 5 * MINUTE_MS; ms += 10_000) await machine.clock.advance(10_000)
      await pass(machine, 31 * MINUTE_MS)
    })
    expect(later).toBe(true)
  })

  it('ends with an opening that nobody saw', async () => {
    const missed = await forgetsAfter(async (machine) => {
      await pass(machine, 25 * MINUTE_MS)
      machine.life?.kill()
      machine.opens(F)
      machine.resolves(F)
      machine.begin()
      await pass(machine, 10 * MINUTE_MS)
    })
    expect(missed).toBe(false)
  })

  it('counts whatever the generation of the next opening is: a reboot empties the store, and it begins at 1 again', async () => {
    const machine = await repaired()
    const state = () => machine.life?.safety.state.ledgers.act.problems[F]
    const sight = { opening: openingNow(machine, F) }
    await pass(machine, 31 * MINUTE_MS)
    machine.reboot()
    machine.problems.delete(F)
    machine.begin()
    await pass(machine, 10 * MINUTE_MS)
    machine.opens(F)
    expect(openingNow(machine, F).generation).toBe(sight.opening.generation)
    await pass(machine, 10_000)
    expect(Object.values(state()?.acts ?? {})).toMatchObject([{ attempts: 1 }])
  })

  it('is also that in which the bus has none of it, while its check looks and the detector has told all', async () => {
    const gone = async (hasMonitor: boolean) => {
      const machine = createMachine({ rungs: [rungOf('systemd-restart', { cooldownMs: 1_000 })] })
      machine.ways.outcome = 'failed'
      machine.opens(F)
      machine.begin()
      await pass(machine, 20 * MINUTE_MS)
      expect(machine.told('exhausted')).toHaveLength(1)
      // It is mended by hand while the machine is down, and nobody here sees it end.
      machine.reboot()
      machine.problems.delete(F)
      machine.hasMonitor = hasMonitor
      machine.begin()
      await pass(machine, 35 * MINUTE_MS)
      return machine.life?.safety.state.ledgers.act.problems[F]
    }
    expect(await gone(true)).toMatchObject({ isExhausted: false })
    expect(await gone(false)).toMatchObject({ isExhausted: true, healthySinceMs: undefined })
  })

  it('of what an event told is that in which its monitor answers, however long ago it said something', async () => {
    const told = async (hasMonitor: boolean) => {
      const machine = await repaired({ fromEvent: true })
      machine.hasMonitor = hasMonitor
      for (let ms = 0; ms < 31 * MINUTE_MS; ms += 10_000) await machine.clock.advance(10_000)
      return machine.told('seen').some(({ forgets }) => forgets)
    }
    expect([await told(true), await told(false)]).toEqual([true, false])
  })

  it('is none while nobody is known to look: its monitor is gone, or its run', async () => {
    const looked = async (away: (machine: Machine) => void) => {
      const machine = await repaired()
      await pass(machine, 5 * MINUTE_MS)
      away(machine)
      await pass(machine, 31 * MINUTE_MS)
      return machine.told('seen').some(({ forgets }) => forgets)
    }
    const monitor = await looked((machine) => {
      machine.hasMonitor = false
    })
    const run = await looked((machine) => {
      machine.hasRuns = false
    })
    expect([monitor, run, await looked(() => undefined)]).toEqual([false, false, true])
  })
})

describe('a problem that ended by a person’s word', () => {
  const at = (other: Partial<NodeCondition>, of: Partial<Problem> = {}, isWatching = true) => {
    const problem = someProblem({ phase: 'resolved', proof: 'operator', ...of })
    const condition = someCondition({ health: 'healthy', held: '', reason: 'DiskOk', ...other })
    const known = {
      around: () => ({ problem, condition, look: { atMs: 0, intervalMs: 30_000 } }),
      isWatching: () => isWatching,
    }
    const knowing = { known, safety: { nowMs: () => 1_000 } } as unknown as Parameters<typeof proofNow>[0]
    return proofNow(knowing, unacted(openingOf(problem)), problem)
  }

  it('is proven well by a look that comes after that, and by nothing before', () => {
    expect(at({ reason: 'Cleared' })).toBeUndefined()
    expect(at({ health: 'unknown' })).toBeUndefined()
    expect(at({ held: 'pending' })).toBeUndefined()
    expect(at({})).toBe('healthy-checks')
  })

  it('is proven well by that word where no look will ever say so, while whoever told it is there to tell it again', () => {
    const cleared = { reason: 'Cleared' }
    expect(at(cleared, { fromEvent: true })).toBe('absent')
    expect(at(cleared, { fromEvent: true }, false)).toBeUndefined()
    expect(at(cleared, { fromEvent: true, proof: 'withdrawn' })).toBeUndefined()
    expect(at(cleared, { rules: [{ kind: 'reboot' }, { kind: 'operator' }] })).toBe('absent')
    expect(at(cleared, { rules: [{ kind: 'reboot' }] })).toBe('absent')
    expect(at(cleared, { rules: [{ kind: 'reboot' }, { kind: 'healthy-checks', count: 2 }] })).toBeUndefined()
  })
})
