import { describe, expect, it } from 'vitest'
import { createMachine, type DeskLife, type Machine, rungOf } from './testing-desk.ts'

/** A machine whose disk is slow, and a person who says something just before the gates are asked for the last time. */
async function beginning(say: (life: DeskLife, machine: Machine) => void): Promise<Machine> {
  const machine = createMachine({ rungs: [rungOf('systemd-restart')] })
  machine.diskMs = 300
  machine.opens('f1')
  const life = machine.begin()
  const { known } = life.options
  const askNow = known.askNow.bind(known)
  let isSaid = false
  known.askNow = async (fingerprint) => {
    const now = await askNow(fingerprint)
    if (!isSaid) say(life, machine)
    isSaid = true
    return now
  }
  await machine.clock.advance(20_000)
  expect(isSaid).toBe(true)
  return machine
}

describe('an act that is about to begin', () => {
  it('begins not behind a pause that is being written', async () => {
    let isToldSo = false
    const machine = await beginning(({ safety }) => {
      void safety.write({ kind: 'paused', by: 'ann', why: 'upgrade' }).then(() => {
        isToldSo = true
      })
    })
    expect(isToldSo).toBe(true)
    expect(machine.told('started')).toEqual([])
    expect(machine.deeds).toEqual([])
    expect(machine.told('refused').map(({ gate, reason }) => `${gate}: ${reason}`)).toEqual([
      'enabled: paused by ann: upgrade',
    ])
  })

  it('begins not where this process ends, or is only told to watch, while others are written', async () => {
    const going = await beginning(({ safety }, machine) => {
      void safety.write({ kind: 'tick' })
      machine.clock.after(100, () => {
        machine.isGoingDown = true
      })
    })
    expect(going.deeds).toEqual([])
    const watching = await beginning(({ safety }, machine) => {
      void safety.write({ kind: 'tick' })
      machine.clock.after(100, () => {
        machine.annotation = 'observe'
      })
    })
    expect(watching.deeds).toEqual([])
    expect(watching.told('started').map(({ mode }) => mode)).toEqual(['dry-run'])
  })

  it('disturbs nothing without a lease where it is to be done by now, and was only to be told when the fleet would have been asked', async () => {
    const machine = createMachine({ rungs: [rungOf('drain')] })
    machine.annotation = 'observe'
    machine.opens('f1')
    const life = machine.begin()
    const { known } = life.options
    const askNow = known.askNow.bind(known)
    let taken = 0
    const take = life.options.lease.take.bind(life.options.lease)
    life.options.lease.take = (attempt) => {
      taken++
      return take(attempt)
    }
    const takenBefore: number[] = []
    known.askNow = async (fingerprint) => {
      const now = await askNow(fingerprint)
      machine.annotation = 'on'
      takenBefore.push(taken)
      return now
    }
    await machine.clock.advance(60_000)
    expect(takenBefore[0]).toBe(0)
    expect(machine.told('started').map(({ mode }) => mode)).toEqual(['act'])
    expect(takenBefore.slice(0, 2)).toEqual([0, 1])
  })

  it('asks nobody whether it could while others have the lease, and begins when they have it no more', async () => {
    const machine = createMachine({ rungs: [rungOf('drain')] })
    machine.opens('f1')
    const life = machine.begin()
    let isHeld = true
    life.options.lease.peek = () => (isHeld ? { kind: 'held', text: 'w3 has it' } : { kind: 'free' })
    let fits = 0
    const { carrierOf } = life.options
    Object.assign(life.options, {
      carrierOf: (...of: Parameters<typeof carrierOf>) => {
        const carrier = carrierOf(...of)
        const fit: typeof carrier.fit = (act) => {
          fits++
          return carrier.fit(act)
        }
        return { ...carrier, fit }
      },
    })
    await machine.clock.advance(20_000)
    expect([fits, machine.told('started')]).toEqual([0, []])
    expect(machine.told('refused').map(({ gate, reason }) => `${gate}: ${reason}`)).toContain('lease: w3 has it')
    isHeld = false
    await machine.clock.advance(20_000)
    expect(fits).toBeGreaterThan(0)
    expect(machine.told('started')).toHaveLength(1)
  })

  it('begins once where nobody says anything', async () => {
    const machine = await beginning(() => undefined)
    expect(machine.deeds).toHaveLength(1)
    expect(machine.deeds[0]).toMatchObject({ wasPaused: false })
  })
})
