import { afterEach, describe, it } from 'vitest'
import { killInStorm } from './kill-storm.ts'

const finished: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

describe('an acknowledged event', () => {
  it('is counted at the API server, once, whenever the detector is killed', async () => {
    await killInStorm(finished, { kills: 3, perSecond: 500, pauseMs: 1000 })
  }, 150_000)
})
