import { expect, it } from 'vitest'
import { createMachine, rungOf } from './testing-desk.ts'

const MINUTE_MS = 60_000

it('tells of breakers that changed while nobody was there, and of none twice', async () => {
  const machine = createMachine({
    rungs: [rungOf('systemd-restart', { maxAttempts: 9, cooldownMs: 1_000 })],
    limits: { breakerThreshold: 1, breakerTimeoutMs: 10 * MINUTE_MS },
  })
  machine.ways.outcome = 'failed'
  machine.opens('f1')
  machine.begin()
  await machine.clock.advance(10_000)
  const told = () => machine.told('breaker').map(({ of, state }) => `${of?.strategy ?? 'node'} ${state}`)
  expect(told().toSorted()).toEqual(['node open', 'systemd-restart open'])
  machine.life?.kill()
  machine.begin()
  await machine.clock.advance(10_000)
  expect(told()).toHaveLength(2)
  machine.life?.kill()
  await machine.clock.advance(11 * MINUTE_MS)
  machine.annotation = 'off'
  machine.begin()
  await machine.clock.advance(10_000)
  expect(told().slice(2).toSorted()).toEqual(['node half-open', 'systemd-restart half-open'])
})
