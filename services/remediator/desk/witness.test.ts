import { describe, expect, it } from 'vitest'
import { createMachine, type Machine, rungOf } from './testing-desk.ts'

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
async function repaired(): Promise<Machine> {
  const machine = createMachine({ rungs: [rungOf('systemd-restart', { cooldownMs: 1_000 })] })
  machine.opens(F)
  machine.begin()
  await pass(machine, 20_000)
  machine.resolves(F)
  await pass(machine, 10_000)
  expect(machine.told('verified')).toMatchObject([{ verdict: 'proven' }])
  return machine
}

async function forgetsAfter(away: (machine: Machine) => Promise<void>): Promise<boolean | undefined> {
  const machine = await repaired()
  await away(machine)
  machine.opens(F)
  await pass(machine, 10_000)
  const again = machine.told('seen').findLast(({ resolved }) => !resolved)
  const attempts = Object.values(machine.life?.safety.state.ledgers.act.problems[F]?.acts ?? {})
  expect(attempts).toMatchObject([{ attempts: again?.forgets === true ? 1 : 2 }])
  return again?.forgets
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
      await pass(machine, 31 * MINUTE_MS)
      machine.life?.kill()
      machine.opens(F)
      machine.resolves(F)
      machine.begin()
      await pass(machine, MINUTE_MS)
    })
    expect(missed).toBe(false)
  })
})
