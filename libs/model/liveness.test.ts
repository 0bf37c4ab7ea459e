import { describe, expect, it } from 'vitest'
import { detectorState, readersOf } from './liveness.ts'

const NOW = new Date('2026-05-12T03:14:20Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)

describe("the detector's state", () => {
  it('turns stale 60 s after the last heartbeat, or after 60 s without any', () => {
    expect(detectorState(59_999, 1e9)).toBe('live')
    expect(detectorState(60_000, 1e9)).toBe('stale')
    expect(detectorState(undefined, 59_999)).toBe('awaited')
    expect(detectorState(undefined, 60_000)).toBe('stale')
  })
})

describe('what the other readers know', () => {
  it('is from before the oldest change that waits, once it has waited for 10 s', () => {
    expect(readersOf({ waitingMs: 10_000, refused: 0 }, NOW)).toEqual({ readersSince: ago(10) })
    expect(readersOf({ waitingMs: 9999, refused: 0 }, NOW)).toEqual({})
    expect(readersOf({ waitingMs: Number.NaN, refused: Number.NaN }, NOW)).toEqual({})
    expect(readersOf(undefined, NOW)).toEqual({})
  })

  it('is from before the bus went away', () => {
    const away = { waitingMs: 0, refused: 0, connected: false }
    expect(readersOf({ ...away, since: ago(20) }, NOW)).toEqual({ readersSince: ago(20) })
    expect(readersOf({ ...away, since: ago(20), connected: true }, NOW)).toEqual({})
    expect(readersOf({ ...away, since: ago(9) }, NOW)).toEqual({})
    expect(readersOf(away, NOW)).toEqual({})
  })

  it('lacks what the bus refuses', () => {
    expect(readersOf({ waitingMs: 0, refused: 2 }, NOW)).toEqual({ readersRefused: 2 })
  })
})
