/** Logs that are written while who reads them is away for a minute; test/e2e/log-kill.test.ts does it for seconds. */
import { afterEach, describe, it } from 'vitest'
import { startLogScene } from '../e2e/log-scene.ts'
import { type Finished, killReaders } from '../e2e/log-storm.ts'

const MINUTE_MS = 60_000
const finished: Finished = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, MINUTE_MS)

describe('of 1,000 lines a second each that a rule is for is told once', () => {
  it(
    'while the log monitor, the detector and both are away for a minute',
    async () => {
      const scene = await startLogScene()
      finished.push(scene.close)
      await killReaders(finished, scene, MINUTE_MS)
    },
    30 * MINUTE_MS,
  )
})
