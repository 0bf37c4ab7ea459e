/** A storm of events in which the detector is killed 25 times; test/e2e/acknowledged.test.ts does it three times. */
import { afterEach, describe, it } from 'vitest'
import { killInStorm } from '../e2e/kill-storm.ts'

const MINUTE_MS = 60_000
const finished: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, MINUTE_MS)

describe('an acknowledged event', () => {
  it(
    'is counted at the API server, once, over 25 kills of the detector',
    async () => {
      await killInStorm(finished, { kills: 25, perSecond: 500, pauseMs: 3000 })
    },
    20 * MINUTE_MS,
  )
})
