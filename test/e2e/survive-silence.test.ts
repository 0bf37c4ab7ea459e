import { describe, expect, it } from 'vitest'
import { until } from './constellation.ts'
import { asBefore, checks, sinces, survivors } from './survivors.ts'

const scene = survivors()

describe('the detector', () => {
  it('that is gone leaves everything unknown after a minute, and everything as it was when it is back', async () => {
    const c = await scene.start({ config: checks() })
    const before = sinces(await c.status())
    c.hold('detector')
    c.kill('detector')
    await until(
      'the exporter says that nothing is known',
      async () => (await c.status()).detector.state === 'stale',
      75_000,
    )
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
