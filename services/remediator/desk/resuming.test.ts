import { describe, expect, it } from 'vitest'
import { createMachine, type Machine, rungOf } from './testing-desk.ts'

const F = 'f1'

/** A drain of which so much was done when the process that began it was killed. */
async function drainKilled({ afterSteps }: { readonly afterSteps: number }): Promise<Machine> {
  const machine = createMachine({ rungs: [rungOf('drain', { timeoutMs: 1_800_000 })] })
  machine.opens(F)
  machine.begin()
  const isThere = () => machine.told('step').length >= afterSteps && machine.told('started').length === 1
  for (let ms = 0; !isThere() && ms < 60_000; ms += 5) await machine.clock.advance(5)
  machine.life?.kill()
  expect(machine.told('started')).toHaveLength(1)
  expect(machine.told('step')).toHaveLength(afterSteps)
  return machine
}

const endsOf = (machine: Machine) => machine.told('ended').map(({ outcome, message }) => `${outcome}: ${message}`)

describe('an act of this process that an earlier one began', () => {
  it('goes on from its steps in the same boot where nothing has changed', async () => {
    const machine = await drainKilled({ afterSteps: 2 })
    const before = machine.deeds.length
    machine.begin()
    await machine.clock.advance(10_000)
    expect(endsOf(machine)).toEqual(['succeeded: drain'])
    expect(machine.deeds.length).toBeGreaterThan(before)
  })

  it('is not begun where only its beginning was written', async () => {
    const machine = await drainKilled({ afterSteps: 0 })
    machine.begin()
    await machine.clock.advance(10_000)
    expect(endsOf(machine)).toEqual(['lost: the process that began it has ended before it did anything of it'])
    expect(machine.deeds).toEqual([])
  })

  it('is over where the journal has no room for its steps, so that what frees its disk has not to wait for it', async () => {
    const machine = await drainKilled({ afterSteps: 2 })
    machine.isFull = true
    machine.begin()
    await machine.clock.advance(10_000)
    expect(endsOf(machine)).toEqual([
      'lost: the process that began it has ended, and the journal has no room to go on with it',
    ])
    expect(machine.life?.safety.state.ledgers.act.open).toEqual([])
  })

  it('is over in another boot', async () => {
    const machine = await drainKilled({ afterSteps: 2 })
    const before = machine.deeds.length
    machine.reboot()
    machine.begin()
    await machine.clock.advance(60_000)
    expect(endsOf(machine)).toEqual(['lost: it was begun in another boot, and nobody goes on with it in this one'])
    expect(machine.deeds).toHaveLength(before)
  })

  it.each<readonly [string, (machine: Machine) => void, string]>([
    [
      'a person has paused',
      (machine) => {
        const paused = { kind: 'paused', by: 'ann', why: 'wrong drain' } as const
        const record = { time: new Date(), bootId: 'b1', monoMs: 0, what: paused }
        machine.records.push({ record, sequence: machine.records.length + 1 })
      },
      'paused by ann: wrong drain',
    ],
    [
      'the node is annotated',
      (machine) => {
        machine.annotation = 'off'
      },
      'the node is annotated node-doctor.io/remediation=off',
    ],
    [
      'repairs are switched off',
      (machine) => {
        machine.limits = { ...machine.limits, enabled: { isOn: false, why: 'remediation.enabled is false' } }
      },
      'remediation.enabled is false',
    ],
    [
      'it is a dry run now',
      (machine) => {
        machine.limits = { ...machine.limits, dryRun: { isOn: true, why: 'remediation.dryRun is true' } }
      },
      'remediation.dryRun is true',
    ],
    ['its problem is gone', (machine) => machine.resolves(F), 'this opening of the problem is over'],
    [
      'nothing names it any more',
      (machine) => {
        machine.rungs = []
      },
      'the configuration names it for its problem no more',
    ],
    [
      'its parameters are others',
      (machine) => {
        const [drain = rungOf('drain')] = machine.rungs
        machine.rungs = [{ ...drain, act: { ...drain.act, parameters: { force: 'true' } } }]
      },
      'the configuration has other parameters for it now',
    ],
    [
      'it is to be approved now',
      (machine) => {
        machine.limits = { ...machine.limits, approval: ['drain'] }
      },
      'the configuration asks for an approval of it now, and it was begun without',
    ],
  ])('is not gone on with where %s', async (_, change, why) => {
    const machine = await drainKilled({ afterSteps: 2 })
    const before = machine.deeds.length
    change(machine)
    machine.begin()
    await machine.clock.advance(10_000)
    // In a dry run it is told then what would be done.
    expect(endsOf(machine)[0]).toBe(`lost: nobody goes on with it: ${why}`)
    expect(machine.deeds).toHaveLength(before)
  })

  it('is left to the next process by one that leaves before it knows, which tells nobody that the node goes down', async () => {
    const machine = await drainKilled({ afterSteps: 2 })
    machine.beats = false
    machine.begin()
    await machine.clock.advance(1_000)
    machine.isGoingDown = true
    machine.beats = true
    await machine.clock.advance(20_000)
    expect([endsOf(machine), machine.told('refused')]).toEqual([[], []])
    machine.isGoingDown = false
    machine.begin()
    await machine.clock.advance(10_000)
    expect(endsOf(machine)).toEqual(['succeeded: drain'])
  })

  it('waits for what is not known yet, and for no longer than that may take', async () => {
    const machine = await drainKilled({ afterSteps: 2 })
    machine.beats = false
    machine.begin()
    await machine.clock.advance(20_000)
    expect(endsOf(machine)).toEqual([])
    machine.beats = true
    await machine.clock.advance(10_000)
    expect(endsOf(machine)).toEqual(['succeeded: drain'])
  })
})

describe('a program that an earlier process had begun', () => {
  it('is joined with what is left of the time that it had, and nothing begins beside it', async () => {
    const script = rungOf('custom-script', { timeoutMs: 3_600_000 })
    const machine = createMachine({ rungs: [script, rungOf('systemd-restart', { cooldownMs: 0 })] })
    machine.ways.lastsMs = 1_800_000
    machine.opens(F)
    machine.begin()
    await machine.clock.advance(120_000)
    expect(machine.deeds).toHaveLength(1)
    const deadlines: number[] = []
    machine.life?.kill()
    const { carrierOf } = machine.begin().options
    machine.life?.kill()
    machine.begin({
      carrierOf: (rung, act) => {
        const carrier = carrierOf(rung, act)
        return {
          ...carrier,
          join(order, signal, before) {
            deadlines.push(order.deadlineMs)
            return carrier.join(order, signal, before)
          },
        }
      },
    })
    machine.look()
    await machine.clock.advance(10_000)
    expect(deadlines).toHaveLength(1)
    expect(deadlines[0]).toBeGreaterThan(3_400_000)
    expect(deadlines[0]).toBeLessThan(3_500_000)
    expect(machine.deeds).toHaveLength(1)
  })
})

describe('an attempt over a reboot', () => {
  it('is not settled before the detector tells what there is: its problem is open still, and it has failed', async () => {
    const machine = createMachine({ rungs: [rungOf('systemd-restart', { verifyWithinMs: 180_000 })] })
    const problem = machine.opens(F)
    machine.begin()
    await machine.clock.advance(3_000)
    expect(machine.told('ended')).toHaveLength(1)
    machine.reboot()
    machine.problems.clear()
    machine.beats = false
    machine.begin()
    await machine.clock.advance(100_000)
    machine.beats = true
    await machine.clock.advance(1_000)
    machine.problems.set(F, problem)
    for (let ms = 0; ms < 120_000; ms += 10_000) {
      machine.look()
      await machine.clock.advance(10_000)
    }
    expect(machine.told('verified')[0]).toMatchObject({ verdict: 'not-proven' })
  })
})
