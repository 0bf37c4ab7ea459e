import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { handClock } from '#monitor-kit/testing'
import { schema } from './config.ts'
import { createRounds } from './rounds.ts'
import { type Rule, settingsOf } from './settings.ts'

/** How long a rule runs, and how often. */
interface Plan {
  readonly lengthMs: number
  readonly interval?: string
}

interface Ran {
  readonly rule: number
  readonly fromMs: number
  readonly toMs: number
}

/** All that is due at this moment happens. */
async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

/** Runs plans for so long, by a clock that is moved by the millisecond; nothing is told before `tellMs` more. */
async function runPlans(plans: readonly Plan[], options: { forMs: number; concurrency: number; left?: Set<number> }) {
  const clock = handClock()
  const rules = plans.map(({ interval = '' }, index) => ({
    ...{ type: 'temporary', reason: `R${index}`, path: `/p${index}`, invoke_interval: interval },
  }))
  const pluginConfig = { invoke_interval: '20ms', concurrency: options.concurrency }
  const settings = settingsOf(schema.parse({ path: '/f', rules, pluginConfig }))
  const beganMs = clock.monotonicMs()
  const ran: Ran[] = []
  const stop = new AbortController()
  let running = 0
  let most = 0
  async function run({ index }: Rule, signal: AbortSignal) {
    const fromMs = clock.monotonicMs() - beganMs
    most = Math.max(most, ++running)
    await clock.sleep(plans[index]!.lengthMs, signal).finally(() => running--)
    ran.push({ rule: index, fromMs, toMs: clock.monotonicMs() - beganMs })
    return () => Promise.resolve()
  }
  const rounds = createRounds({ settings, clock, mayRun: ({ index }) => !options.left?.has(index), run })
  const living = rounds.live(stop.signal)
  await settle()
  const late = []
  for (let ms = 0; ms < options.forMs; ms++) {
    clock.pass(1)
    await settle()
    late.push(rounds.late().length)
  }
  stop.abort(new Error('the test ends'))
  await living
  return { ran, most, late, settings }
}

function beginnings(ran: readonly Ran[], rule: number): number[] {
  return ran.filter((one) => one.rule === rule).map(({ fromMs }) => fromMs)
}

it.each([
  ['a rule', 1],
  ['a file of more rules than are looked at in a millisecond', 5_000],
])(
  'where %s is due each nanosecond and nothing is run, everybody else has a turn, and no core is burnt',
  async (_, count) => {
    const rules = Array.from({ length: count }, () => ({ type: 'temporary', reason: 'R', path: '/p' }))
    const settings = settingsOf(schema.parse({ path: '/f', rules, pluginConfig: { invoke_interval: '1ns' } }))
    const stop = new AbortController()
    let asked = 0
    let lastMs = performance.now()
    function mayRun(): boolean {
      asked++
      if (performance.now() - lastMs > 2_000) throw new Error('nobody else has a turn')
      return false
    }
    const run = () => Promise.reject(new Error('it is not to be run'))
    const living = createRounds({ settings, clock: systemClock(), mayRun, run }).live(stop.signal)
    for (let turns = 0; turns < 20; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      lastMs = performance.now()
    }
    stop.abort()
    await living
    expect(asked / count).toBeLessThan(200)
  },
)

describe('the rules of a file', () => {
  it('run all at once at the start, so many at a time, in their order', async () => {
    const { ran, most } = await runPlans([{ lengthMs: 4 }, { lengthMs: 4 }, { lengthMs: 4 }, { lengthMs: 4 }], {
      forMs: 15,
      concurrency: 3,
    })
    expect(most).toBe(3)
    expect(ran.map(({ rule, fromMs }) => [rule, fromMs])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 4],
    ])
  })

  it('run each as often as it says, by what its interval is and not by how it is written', async () => {
    const plans = [{ lengthMs: 1 }, { lengthMs: 1, interval: '50ms' }, { lengthMs: 1, interval: '0.02s' }]
    const { ran, settings } = await runPlans(plans, { forMs: 105, concurrency: 3 })
    expect(settings.groups.map(({ intervalMs, rules }) => [intervalMs, rules.length])).toEqual([
      [20, 2],
      [50, 1],
    ])
    expect(beginnings(ran, 0)).toEqual([0, 20, 40, 60, 80, 100])
    expect(beginnings(ran, 1)).toEqual([0, 50, 100])
    expect(beginnings(ran, 2)).toEqual([0, 20, 40, 60, 80, 100])
  })

  it('catch up on one tick, and the batch of a group waits for its slowest', async () => {
    const { ran, late } = await runPlans([{ lengthMs: 45 }, { lengthMs: 1 }], { forMs: 140, concurrency: 3 })
    // The boot batch ends at 45: one of two ticks is taken at once, and the one of 60 waits until 90.
    expect(beginnings(ran, 0)).toEqual([0, 45, 90])
    expect(beginnings(ran, 1)).toEqual([0, 45, 90, 135])
    expect(late[38]).toBe(0)
    expect(late[40]).toBe(1)
  })

  it('leave one alone that is left behind, and go on with the others', async () => {
    const { ran } = await runPlans([{ lengthMs: 1 }, { lengthMs: 1 }], {
      forMs: 65,
      concurrency: 1,
      left: new Set([0]),
    })
    expect(beginnings(ran, 0)).toEqual([])
    expect(beginnings(ran, 1)).toEqual([0, 20, 40, 60])
  })

  it('never overlap themselves, nor run more at a time than they may, however long they take', async () => {
    const plan = fc.record({
      lengthMs: fc.nat({ max: 70 }),
      interval: fc.constantFrom('', '10ms', '30ms', '0.03s'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (plans, concurrency) => {
          const { ran, most } = await runPlans(plans, { forMs: 200, concurrency })
          expect(most).toBeLessThanOrEqual(concurrency)
          for (let rule = 0; rule < plans.length; rule++) {
            const own = ran.filter((one) => one.rule === rule)
            for (const [at, { fromMs }] of own.entries()) {
              expect(fromMs).toBeGreaterThanOrEqual(at === 0 ? 0 : own[at - 1]!.toMs)
            }
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('end with the first that cannot be told', async () => {
    const clock = handClock()
    const settings = settingsOf(schema.parse({ path: '/f', rules: [{ path: '/x' }, { path: '/y' }] }))
    const run = () => Promise.resolve(() => Promise.reject(new Error('nobody listens')))
    const rounds = createRounds({ settings, clock, mayRun: () => true, run })
    await expect(rounds.live(new AbortController().signal)).rejects.toThrow('nobody listens')
    expect(rounds.late()).toEqual([])
  })
})
