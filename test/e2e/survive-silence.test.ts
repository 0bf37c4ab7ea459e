import { describe, expect, it } from 'vitest'
import { until } from './constellation.ts'
import { HAS_FAKETIME, steppedClock } from './stepped-clock.ts'
import { asBefore, checks, sinces, survivors } from './survivors.ts'

const scene = survivors()
/** What passes of the minute in one step of both clocks; nothing in `make soak`, and where no clock can be stepped. */
const STEP_S = HAS_FAKETIME && process.env['NODE_DOCTOR_SOAK_AWAY_MS'] === undefined ? 50 : 0
/** The last heartbeat may be so old when it is killed. */
const HEARTBEAT_S = 3

describe('the detector', () => {
  it('that is gone leaves everything unknown after a minute, and everything as it was when it is back', async () => {
    const clock = STEP_S > 0 ? await steppedClock('both') : undefined
    const c = await scene.start({ config: checks(), ...(clock !== undefined && { env: clock.env }) })
    const before = sinces(await c.status())
    c.hold('detector')
    c.kill('detector')
    const killedMs = performance.now()
    await clock?.step(STEP_S)
    await until(
      'the exporter says that nothing is known',
      async () => (await c.status()).detector.state === 'stale',
      75_000,
    )
    expect(STEP_S + (performance.now() - killedMs) / 1000).toBeGreaterThan(60 - HEARTBEAT_S)
    const stale = await c.status()
    expect(stale.verdict.level).toBe('stale')
    for (const condition of stale.conditions)
      expect(condition).toMatchObject({ health: 'unknown', status: 'Unknown', reason: 'DetectorUnreachable' })
    expect((await fetch(`${c.url}/health`)).status).toBe(503)
    c.release('detector')
    await until('it is live again', async () => (await c.status()).detector.state === 'live', 30_000)
    await asBefore(c, before)
  }, 150_000)
})
