import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STALE_AFTER_MS } from '#model'
import { fakeClock } from '../clock/testing.ts'
import { createListening } from './voice.ts'

const START = new Date('2026-05-12T03:14:20Z')
const atSecond = (seconds: number) => new Date(START.getTime() + seconds * 1000)

function listening() {
  const clock = fakeClock(START)
  return { clock, detector: createListening(clock) }
}

describe('a detector', () => {
  it('that was not heard yet is awaited for a minute, then silent', async () => {
    const { clock, detector } = listening()
    await clock.advance(59_999)
    expect([detector.voice(), detector.liveness().state, detector.lastHeard]).toEqual([
      { state: 'awaited' },
      'awaited',
      undefined,
    ])
    await clock.advance(1)
    expect([detector.voice(), detector.liveness().state]).toEqual([{ state: 'silent', since: atSecond(60) }, 'stale'])
  })

  it('that is heard lives for a minute, and is silent from then on', async () => {
    const { clock, detector } = listening()
    await clock.advance(5000)
    detector.heard(0)
    await clock.advance(59_999)
    expect(detector.voice()).toEqual({ state: 'live' })
    await clock.advance(1)
    expect(detector.voice()).toEqual({ state: 'silent', since: atSecond(65) })
    expect(detector.liveness()).toEqual({
      state: 'stale',
      lastHeartbeat: atSecond(5),
      behindSince: atSecond(5),
      listeningSince: START,
    })
  })

  it('that cannot bring through what it knows is late as of its first such word, then silent, and lives when it can', async () => {
    const { clock, detector } = listening()
    await clock.advance(20_000)
    detector.heard(12_000)
    expect([detector.voice(), detector.ageMs()]).toEqual([{ state: 'late', asOf: atSecond(8) }, 12_000])
    await clock.advance(20_000)
    detector.heard(32_007)
    expect(detector.voice()).toEqual({ state: 'late', asOf: atSecond(8) })
    expect(detector.liveness()).toMatchObject({ state: 'live', behindSince: atSecond(8) })
    await clock.advance(28_000)
    detector.heard(60_007)
    expect(detector.voice()).toEqual({ state: 'silent', since: atSecond(68) })
    expect(detector.liveness().state).toBe('stale')
    detector.heard(0)
    expect([detector.voice(), detector.lastHeard]).toEqual([{ state: 'live' }, atSecond(68)])
  })

  it('is no other by a step of the time', async () => {
    const { clock, detector } = listening()
    detector.heard(0)
    clock.step(3_600_000)
    expect([detector.voice(), detector.ageMs()]).toEqual([{ state: 'live' }, 0])
  })

  it('is silent for who tells others only when it is stale for who shows its age, whatever is heard', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ afterMs: fc.nat(90_000), waitMs: fc.constantFrom(0, 10_000, 59_999, 90_000) })),
        async (words) => {
          const { clock, detector } = listening()
          for (const { afterMs, waitMs } of words) {
            await clock.advance(afterMs)
            detector.heard(waitMs)
            const { state } = detector.voice()
            expect(state === 'silent').toBe(detector.liveness().state === 'stale')
            expect(state === 'silent').toBe((detector.ageMs() ?? 0) >= STALE_AFTER_MS)
          }
        },
      ),
    )
  })
})
