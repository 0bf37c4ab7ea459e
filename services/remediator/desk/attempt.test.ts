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

  it('begins once where nobody says anything', async () => {
    const machine = await beginning(() => undefined)
    expect(machine.deeds).toHaveLength(1)
    expect(machine.deeds[0]).toMatchObject({ wasPaused: false })
  })
})
