import { afterEach, describe, it } from 'vitest'
import { startLogScene } from './log-scene.ts'
import { type Finished, killReaders } from './log-storm.ts'

const finished: Finished = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

describe('of 1,000 lines a second each that a rule is for is told once', () => {
  it('over kill -9 of the log monitor and of the detector, and while one or both are away', async () => {
    const scene = await startLogScene()
    finished.push(scene.close)
    await killReaders(finished, scene, 1_000)
  }, 300_000)
})
