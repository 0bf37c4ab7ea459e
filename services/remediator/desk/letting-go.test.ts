import { describe, expect, it } from 'vitest'
import { createMachine, type Machine, rungOf } from './testing-desk.ts'

const RESTART = rungOf('systemd-restart', { maxAttempts: 1, cooldownMs: 1_000 })
const DRAIN = rungOf('drain', { maxAttempts: 1 })
const CORDON = rungOf('cordon', { maxAttempts: 1 })
const DEAF_MS = 300_000

/** An act that is called off after a second, and goes on for five minutes. */
async function deaf(...behind: readonly (typeof RESTART)[]): Promise<Machine> {
  const machine = createMachine({ rungs: [RESTART, ...behind] })
  machine.ways = { outcome: 'succeeded', lastsMs: 1_000, deafMs: DEAF_MS }
  machine.opens('f1')
  machine.begin()
  await passes(machine, 10_000)
  expect(machine.deeds.map(({ strategy }) => strategy)[0]).toBe('systemd-restart')
  machine.ways.deafMs = 0
  return machine
}

/** With a look each second. */
async function passes(machine: Machine, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    machine.look()
    await machine.clock.advance(1_000)
  }
}

const reasons = (machine: Machine) => machine.told('refused').map(({ gate, reason }) => `${gate}: ${reason}`)
const done = (machine: Machine) => [...new Set(machine.deeds.map(({ strategy, attempt }) => `${strategy} ${attempt}`))]

describe('an act that was called off, and of which nobody says that it ended', () => {
  it('has nothing disturbing beside it, also after a restart, until it is known to have ended', async () => {
    const machine = await deaf(DRAIN)
    const [attempt] = machine.told('started').map((one) => one.attempt)
    const words = `budget: attempt ${attempt} on unit:kubelet.service was called off, and host-actions has not said that it ended; "node-doctor reset f1" lets go of it`
    await passes(machine, 60_000)
    expect(reasons(machine)).toContain(words)
    machine.begin()
    await passes(machine, 120_000)
    expect(done(machine)).toHaveLength(1)
    await passes(machine, 130_000)
    expect(machine.told('step').filter(({ step }) => step === 'let-go')).toEqual([
      { kind: 'step', attempt, step: 'let-go', detail: 'it says that it has ended' },
    ])
    expect(done(machine)).toHaveLength(2)
    expect(machine.deeds.flatMap(({ beside }) => beside)).toEqual([])
  })

  it('holds up nothing that disturbs nobody, on another target, by another', async () => {
    const machine = await deaf(CORDON)
    await passes(machine, 10_000)
    expect(done(machine)).toHaveLength(2)
  })

  it('holds up whatever else the same would do, about any problem', async () => {
    const machine = await deaf()
    machine.rungs = [rungOf('systemd-restart', { act: { ...RESTART.act, target: 'unit:other.service' } })]
    machine.opens('f2')
    await passes(machine, 100_000)
    expect(done(machine)).toHaveLength(1)
    await passes(machine, 220_000)
    expect(done(machine).length).toBeGreaterThan(1)
  })

  it('is let go of by a person, and by another boot', async () => {
    const machine = await deaf(DRAIN)
    void machine.life?.safety.write({ kind: 'reset', fingerprint: 'f1', by: 'ann' })
    await machine.clock.advance(100)
    expect(machine.life?.safety.state.unended).toEqual([])
    const other = await deaf(DRAIN)
    expect(other.life?.safety.state.unended).toHaveLength(1)
    other.reboot()
    const { safety } = other.begin()
    expect(safety.state.unended).toEqual([])
  })
})
