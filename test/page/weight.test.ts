/** The page stays light, open for weeks. */
import { describe, expect, it } from 'vitest'
import { type Held, sendChanges, usedHeap } from './growth.ts'
import type { SceneName } from './scenes.ts'
import { createStage } from './stage.ts'

const stage = createStage(false)

/** `make soak` sends 600. */
const MESSAGES = Number(process.env['NODE_DOCTOR_SOAK_MESSAGES'] ?? 150)
/** Before it is measured: code is compiled, caches are filled. */
const WARM_UP = MESSAGES / 2
/** Of a message: what the browser holds for itself weighs more where there are few. */
const BYTES_MAX = Math.max(2000, 600_000 / MESSAGES)

const TRIES_MAX = 3

function grownBy(before: Held, after: Held): Held {
  return {
    heapBytes: after.heapBytes - before.heapBytes,
    nodes: after.nodes - before.nodes,
    listeners: after.listeners - before.listeners,
  }
}

/** A view of such a scene has 30 KB: one that were kept for each message would be seen. */
function isLight({ heapBytes, nodes, listeners }: Held): boolean {
  return heapBytes / MESSAGES < BYTES_MAX && nodes < 50 && listeners === 0
}

describe('a page that is open for long', () => {
  it.each<SceneName>(['problems', 'week'])(
    `holds no more after ${MESSAGES} messages than before: "%s"`,
    { timeout: 240_000 },
    async (scene) => {
      const play = await stage.play(scene)
      const session = await play.page.context().newCDPSession(play.page)
      await sendChanges(play, WARM_UP)
      let before = await usedHeap(session)
      let grown: Held
      // What is kept for each message is kept of all of them; what the browser lays aside for itself is so once.
      for (let tries = 1; ; tries++) {
        await sendChanges(play, MESSAGES)
        const after = await usedHeap(session)
        grown = grownBy(before, after)
        if (isLight(grown) || tries === TRIES_MAX) break
        before = after
      }
      process.stdout.write(`${scene}: ${Math.round(grown.heapBytes / MESSAGES)} bytes a message\n`)
      expect({ ...grown, isLight: isLight(grown) }).toMatchObject({ isLight: true })
    },
  )
})
