import { describe, expect, it } from 'vitest'
import { GateWord } from '#proto/nodedoctor/v1/remediation.ts'
import { plansFor } from './plan.ts'
import { createMachine, rungOf } from './testing-desk.ts'

const RESTART = rungOf('systemd-restart', { cooldownMs: 3_600_000 })
const SCRIPT = rungOf('custom-script', {
  act: { strategy: 'custom-script', target: '/opt/x', parameters: {}, text: 'x' },
})

async function planned(machine: ReturnType<typeof createMachine>) {
  const { options } = machine.life ?? machine.begin()
  const asked: string[] = []
  const counting: typeof options = {
    ...options,
    limits: machine.limits,
    carrierOf: (rung, act) => ({
      ...options.carrierOf(rung, act),
      fit: async () => {
        asked.push(act.strategy)
        return { refusal: '' }
      },
    }),
  }
  const plans = await plansFor(counting, [...machine.problems.values()])
  const acts = plans.flatMap((plan) => plan.acts)
  const wouldAct = acts.some(({ gates }) => gates.every(({ word }) => word === GateWord.ALLOWS))
  return { plans, asked, wouldAct }
}

describe('a plan', () => {
  it('asks for nothing behind the strategy whose turn it is', async () => {
    const machine = createMachine({ rungs: [RESTART, SCRIPT] })
    machine.opens('f1')
    machine.begin()
    await machine.clock.advance(5_000)
    expect(machine.deeds.map(({ strategy }) => strategy)).toEqual(['systemd-restart'])
    const { plans, wouldAct } = await planned(machine)
    expect(plans[0]?.verdict).toContain('holds back systemd-restart: cooldown')
    expect(plans[0]?.acts[1]?.gates.every(({ word }) => word === GateWord.NOT_ASKED)).toBe(true)
    expect(wouldAct).toBe(false)
  })

  it('says what is done about a problem at the moment, also with its last attempt', async () => {
    const machine = createMachine({ rungs: [{ ...RESTART, maxAttempts: 1 }, SCRIPT] })
    machine.ways.lastsMs = 60_000
    machine.opens('f1')
    machine.begin()
    await machine.clock.advance(5_000)
    const { plans, wouldAct } = await planned(machine)
    expect(plans[0]?.verdict).toMatch(/^is being repaired: systemd-restart: attempt \S+ runs now, for \d s$/)
    expect(wouldAct).toBe(false)
    await machine.clock.advance(60_000)
    expect((await planned(machine)).plans[0]?.verdict).not.toContain('is being repaired')
  })

  it('says that another act runs', async () => {
    const machine = createMachine({ rungs: [RESTART] })
    machine.ways.lastsMs = 60_000
    machine.opens('f1')
    machine.begin()
    await machine.clock.advance(5_000)
    machine.opens('f2')
    machine.rungs = [SCRIPT]
    const { plans, wouldAct } = await planned(machine)
    const [, verdict] = plans.map((plan) => plan.verdict)
    expect(verdict).toMatch(/^holds back x: budget: attempt \S+ runs: one act at a time$/)
    expect(wouldAct).toBe(false)
  })

  it('asks once about one act, however many problems it is for', async () => {
    const machine = createMachine({ rungs: [SCRIPT], limits: { enabled: { isOn: false, why: 'off' } } })
    for (let n = 0; n < 30; n++) machine.opens(`f${n}`)
    const { plans, asked } = await planned(machine)
    expect([plans.length, asked]).toEqual([30, ['custom-script']])
  })

  it('says of each strategy that has no turn for such a problem why, and of nothing else', async () => {
    const off = { ...RESTART, isEnabled: false }
    const ofOthers = { ...SCRIPT, types: ['OtherType', 'Third'] }
    const never = { ...SCRIPT, refusal: 'nothing names its unit' }
    const machine = createMachine({ rungs: [off, ofOthers, never] })
    machine.opens('f1')
    const { plans } = await planned(machine)
    expect(plans[0]?.verdict).toBe('nothing is done for it: all 3 strategies of its check are left out')
    expect(plans[0]?.leftOut).toEqual([
      { strategy: 'systemd-restart', why: 'it is switched off in the configuration (enabled: false)' },
      { strategy: 'custom-script', why: 'it is for OtherType, Third (for)' },
      { strategy: 'custom-script', why: 'nothing names its unit' },
    ])
    machine.rungs = [ofOthers]
    expect((await planned(machine)).plans[0]?.verdict).toBe(
      'nothing is done for it: custom-script is left out: it is for OtherType, Third (for)',
    )
    machine.rungs = [SCRIPT]
    expect((await planned(machine)).plans[0]?.leftOut).toEqual([])
  })
})
