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

it('lets another problem show whether repairs work where the worst was tried last and was declined', async () => {
  const rung = rungOf('systemd-restart', { cooldownMs: 1_000, maxAttempts: 9 })
  const machine = createMachine({
    rungs: [rung],
    limits: { breakerThreshold: 2, breakerTimeoutMs: 10 * MINUTE_MS, perHour: 100, perMinute: 100 },
  })
  const of = (fingerprint: string) => machine.deeds.filter((deed) => deed.fingerprint === fingerprint).length
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      machine.look()
      await machine.clock.advance(10_000)
    }
  }
  machine.ways.outcome = 'failed'
  machine.opens('worst', { severity: 'critical' })
  machine.begin({
    ladderOf: ({ fingerprint }) => [{ ...rung, act: { ...rung.act, target: `unit:${fingerprint}.service` } }],
  })
  await pass(MINUTE_MS)
  expect(of('worst')).toBe(2)
  machine.ways.outcome = 'declined'
  machine.opens('other', { severity: 'warning' })
  await pass(35 * MINUTE_MS)
  expect([of('other'), of('worst')]).toEqual([2, 3])
})
