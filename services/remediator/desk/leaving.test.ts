import { describe, expect, it } from 'vitest'
import { createMachine, rungOf } from './testing-desk.ts'

describe('a desk that learns in the midst of a turn that it is to leave', () => {
  it('begins nothing, and tells nobody that the problem was held back', async () => {
    const machine = createMachine({ rungs: [rungOf('systemd-restart')] })
    machine.opens('f1')
    machine.begin({
      before: () => {
        machine.isGoingDown = true
        return Promise.resolve()
      },
    })
    await machine.clock.advance(120_000)
    expect([machine.deeds, machine.told('refused')]).toEqual([[], []])
  })

  it('judges no opening any more', async () => {
    const machine = createMachine({ rungs: [rungOf('systemd-restart')] })
    machine.opens('f1')
    machine.begin()
    await machine.clock.advance(5_000)
    machine.resolves('f1')
    await machine.clock.advance(5_000)
    const before = machine.told('seen').length
    expect(before).toBeGreaterThan(0)
    machine.beats = false
    await machine.clock.advance(29_000)
    // The record that nobody looked takes its time on the disk: what opens meanwhile is the next process's.
    machine.diskMs = 5_000
    await machine.clock.advance(6_000)
    machine.isGoingDown = true
    machine.opens('f1')
    machine.beats = true
    await machine.clock.advance(30_000)
    expect(machine.told('seen')).toHaveLength(before)
  })
})
