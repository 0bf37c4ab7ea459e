import { describe, expect, it } from 'vitest'
import { type Leaving, mayLeave } from './leave.ts'

const QUIET: Leaving = { sinceAskedMs: 1500, sinceNewsMs: 700, isBusConnected: true, isSettled: true, isAway: false }

describe('an exporter that was asked to end', () => {
  it.each<[string, Partial<Leaving>, boolean]>([
    ['leaves after a second and a half in quiet', {}, true],
    ['stays for what others say last', { sinceAskedMs: 1499 }, false],
    ['stays while news come', { sinceNewsMs: 699 }, false],
    ['stays while something waits to be sent', { isSettled: false }, false],
    ['leaves what a server that is away does not take', { isSettled: false, isAway: true, sinceNewsMs: 0 }, true],
    ['leaves at once in quiet where the bus is gone', { sinceAskedMs: 0, isBusConnected: false }, true],
    ['stays for what waits where the bus is gone', { sinceAskedMs: 0, isBusConnected: false, isSettled: false }, false],
    ['leaves after seven seconds, whatever waits', { sinceAskedMs: 7000, sinceNewsMs: 0, isSettled: false }, true],
  ])('%s', (_name, changes, leaves) => {
    expect(mayLeave({ ...QUIET, ...changes })).toBe(leaves)
  })
})
