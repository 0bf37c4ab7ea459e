import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { createWatching } from './watching.ts'

const MINUTE_MS = 60_000
const listen = () => () => undefined

/** Of a node that nobody touches, and no lease that is lost. */
function watched(deadlineMs: number) {
  const clock = fakeClock()
  const node = { word: () => ({ api: 'none' as const, node: undefined }), listen, whyAnother: () => '' }
  const watch = createWatching({ node, lease: { onLost: listen }, clock })
  const { signal } = new AbortController()
  const act = watch({ order: { attempt: 'a', deadlineMs }, mode: 'act', before: undefined, signal })
  return { clock, act }
}

describe('an act that goes through the API', () => {
  it('is given its whole time behind a look that takes as long as it may, and a minute to put back what it did', async () => {
    const { clock, act } = watched(10 * MINUTE_MS)
    await clock.advance(13 * MINUTE_MS - 1)
    expect(act.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(act.signal.reason).toMatchObject({ message: expect.stringContaining('it did not end within its time') })
  })

  it('is called off no more once it has ended', async () => {
    const { clock, act } = watched(MINUTE_MS)
    act.end()
    await clock.advance(10 * MINUTE_MS)
    expect(act.signal.aborted).toBe(false)
  })
})
