import { expect, test } from 'vitest'
import { createResets, type RecoveryAction } from './resets.ts'

/** Milliseconds since the boot. */
const at = (minute: number) => minute * 60_000

test('a reset is proven where the driver asks for nothing after it had asked for something', () => {
  const resets = createResets()
  resets.said('0000:83:00', 'none', at(0))
  expect(resets.provenAt('0000:83:00')).toBeUndefined()
  resets.said('0000:83:00', 'gpu-reset', at(1))
  expect(resets.pending('0000:83:00')).toBe('gpu-reset')
  resets.said('0000:83:00', 'none', at(2))
  expect([resets.provenAt('0000:83:00'), resets.pending('0000:83:00')]).toEqual([at(2), undefined])
  expect(resets.provenAt('0000:84:00')).toBeUndefined()
})

test('a reset that was asked for is proven by none, whatever else was asked for after it', () => {
  const resets = createResets()
  resets.said('0000:83:00', 'gpu-reset', at(1))
  resets.said('0000:83:00', 'drain-p2p', at(2))
  expect(resets.pending('0000:83:00')).toBe('gpu-reset')
  resets.said('0000:83:00', 'none', at(3))
  expect(resets.provenAt('0000:83:00')).toBe(at(3))
  resets.said('0000:83:00', 'drain-p2p', at(4))
  resets.said('0000:83:00', 'none', at(5))
  expect(resets.provenAt('0000:83:00')).toBe(at(3))
})

test('neither a word that nobody understands nor one that is older proves anything', () => {
  const resets = createResets()
  resets.said('0000:83:00', 'gpu-reset', at(5))
  resets.said('0000:83:00', 'unknown', at(6))
  resets.said('0000:83:00', 'none', at(4))
  resets.said('0000:83:00', 'none', at(5))
  expect(resets.provenAt('0000:83:00')).toBeUndefined()
  // An older need takes no newer one back.
  resets.said('0000:83:00', 'node-reboot', at(3))
  expect(resets.pending('0000:83:00')).toBe('gpu-reset')
})

test.each<RecoveryAction>(['drain-p2p', 'recover-imex'])(
  'none after %s is no reset: nothing had to be reset',
  (action) => {
    const resets = createResets()
    const heard: (string | undefined)[] = []
    const unneeded: unknown[] = []
    resets.onProven((place) => heard.push(place))
    resets.onUnneeded((...word) => unneeded.push(word))
    resets.said('0000:83:00', action, at(1))
    resets.said('0000:83:00', 'none', at(2))
    expect([resets.provenAt('0000:83:00'), resets.pending('0000:83:00'), heard]).toEqual([undefined, undefined, []])
    expect(unneeded).toEqual([['0000:83:00', at(2)]])
  },
)

test('a driver that was loaded is a reset of every card, and of what is said later it proves nothing', () => {
  const resets = createResets()
  resets.said('0000:83:00', 'drain-and-reset', at(1))
  resets.driverLoaded(at(2))
  expect([resets.provenAt('0000:83:00'), resets.provenAt('0000:84:00')]).toEqual([at(2), at(2)])
  resets.driverLoaded(at(1))
  expect(resets.provenAt('0000:84:00')).toEqual(at(2))
  const actions: RecoveryAction[] = ['gpu-reset', 'none']
  for (const [index, action] of actions.entries()) resets.said('0000:83:00', action, at(3 + index))
  expect([resets.provenAt('0000:83:00'), resets.provenAt('0000:84:00')]).toEqual([at(4), at(2)])
})

test('each proof is told once to who listens, until he does not', () => {
  const resets = createResets()
  const heard: (string | undefined)[] = []
  const end = resets.onProven((place) => heard.push(place))
  resets.said('0000:83:00', 'gpu-reset', at(1))
  resets.said('0000:83:00', 'none', at(2))
  resets.said('0000:83:00', 'none', at(3))
  resets.driverLoaded(at(4))
  end()
  resets.driverLoaded(at(5))
  expect(heard).toEqual(['0000:83:00', undefined])
})
