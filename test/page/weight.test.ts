/** The page stays light, open for weeks. */
import { describe, expect, it } from 'vitest'
import { sendChanges, usedHeap } from './growth.ts'
import type { SceneName } from './scenes.ts'
import { createStage } from './stage.ts'

const stage = createStage(false)

/** `make soak` sends 600. */
const MESSAGES = Number(process.env['NODE_DOCTOR_SOAK_MESSAGES'] ?? 150)
/** Before it is measured: code is compiled, caches are filled. */
const WARM_UP = MESSAGES / 2
/** Of a message: what the browser holds for itself weighs more where there are few. */
const BYTES_MAX = Math.max(2000, 600_000 / MESSAGES)

describe('a page that is open for long', () => {
  it.each<SceneName>(['problems', 'week'])(
    `holds no more after ${MESSAGES} messages than before: "%s"`,
    { timeout: 240_000 },
    async (scene) => {
      const play = await stage.play(scene)
      const session = await play.page.context().newCDPSession(play.page)
      await sendChanges(play, WARM_UP)
      const before = await usedHeap(session)
      await sendChanges(play, MESSAGES)
      const after = await usedHeap(session)
      // A view of this scene has 30 KB: one that were kept for each message would be seen.
      expect((after.heapBytes - before.heapBytes) / MESSAGES).toBeLessThan(BYTES_MAX)
      process.stdout.write(`${scene}: ${Math.round((after.heapBytes - before.heapBytes) / MESSAGES)} bytes a message\n`)
      expect(after.nodes - before.nodes).toBeLessThan(50)
      expect(after.listeners).toBe(before.listeners)
    },
  )
})
