import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFleetLease, DURATION_MS, type FleetLease } from './fleet-lease.ts'
import { createMemoryServer } from './testing-fleet.ts'

const NAMES = ['w1', 'w2', 'w3'] as const
const signal = new AbortController().signal

/** What happens next. `ms`: of true time before it. */
const happenings = fc.array(
  fc.record({
    ms: fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 300_000 }), fc.nat({ max: 2 * DURATION_MS })),
    who: fc.nat({ max: 2 }),
    what: fc.constantFrom(
      ...(['look', 'look', 'take', 'take', 'take', 'renew', 'give'] as const),
      ...(['kill', 'sick', 'well', 'cordon'] as const),
    ),
    /** Steps of requests that are done then, in an order of chance. */
    steps: fc.nat({ max: 12 }),
    order: fc.nat(),
    isLost: fc.boolean(),
  }),
  { minLength: 10, maxLength: 60 },
)
/** Each clock begins anywhere, and runs up to a tenth fast or slow. */
const clocks = fc.array(
  fc.record({
    offsetMs: fc.integer({ min: -1e9, max: 1e9 }),
    rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  }),
  { minLength: 3, maxLength: 3 },
)

type Happening = typeof happenings extends fc.Arbitrary<(infer H)[]> ? H : never

function createFleet(drawn: readonly { offsetMs: number; rate: number }[], count: number, awayMax = 0.9) {
  const server = createMemoryServer(NAMES)
  const turns: (() => void)[] = []
  let trueMs = 0
  let isLost = false
  const weather = {
    turn: () => new Promise<void>((resolve) => void turns.push(resolve)),
    loses: () => isLost,
  }
  const begin = (index: number): FleetLease =>
    createFleetLease({
      calls: server.calls(weather),
      namespace: 'nd',
      node: NAMES[index] ?? '',
      count,
      awayMax,
      nowMs: () => (drawn[index]?.offsetMs ?? 0) + trueMs * (drawn[index]?.rate ?? 1),
      wallClock: () => new Date(0),
    })
  const remediators = NAMES.map((_, index) => begin(index))
  let wishes = 0

  async function happen({ ms, who, what, steps, order, isLost: lost }: Happening): Promise<void> {
    trueMs += ms
    isLost = lost
    const name = NAMES[who] ?? ''
    const mine = remediators[who]
    wishes += 1
    if (what === 'look') void mine?.look(signal)
    else if (what === 'take') void mine?.take(`a-${wishes}`, signal)
    else if (what === 'renew') void mine?.renew(signal)
    else if (what === 'give') void mine?.give(signal)
    else if (what === 'kill') remediators[who] = begin(who)
    else server.nodes.set(name, { name, isReady: what !== 'sick', isCordoned: what === 'cordon' })
    for (let step = 0; step < steps && turns.length > 0; step++) {
      turns.splice((order + step * 7) % turns.length, 1)[0]?.()
      // Whoever had the turn goes on to its next request.
      for (let i = 0; i < 20; i++) await Promise.resolve()
    }
  }
  return { server, happen, believing: () => remediators.filter((one) => one.holds()).length, remediators, turns }
}

describe('leases of a fleet', () => {
  it('are never believed to be held by more nodes than there are leases, whatever comes in between', async () => {
    let held = 0
    await fc.assert(
      fc.asyncProperty(happenings, clocks, fc.integer({ min: 1, max: 2 }), async (all, drawn, count) => {
        const fleet = createFleet(drawn, count)
        for (const one of all) {
          await fleet.happen(one)
          const believing = fleet.believing()
          held += believing
          expect(believing).toBeLessThanOrEqual(count)
        }
      }),
      { numRuns: 2000 },
    )
    // A property of a fleet that never gets a lease would say nothing.
    expect(held).toBeGreaterThan(1000)
  })

  it('that somebody believes to hold say so at the server', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, clocks, async (all, drawn) => {
        const fleet = createFleet(drawn, 1)
        for (const one of all) {
          await fleet.happen(one)
          for (const [index, remediator] of fleet.remediators.entries())
            if (remediator.holds()) expect(fleet.server.holder(`node-doctor-remediation-${0}`)).toBe(NAMES[index])
        }
      }),
      { numRuns: 1000 },
    )
  })
})
