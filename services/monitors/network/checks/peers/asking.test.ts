/** What one peer is asked, and what its answers say. */
import { describe, expect, it } from 'vitest'
import { createTrust, type HttpQuestion, type Probed } from '#probe'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { doorOf } from '../../probing/door.ts'
import { askPeers } from './asking.ts'

describe('a large answer', () => {
  const signal = new AbortController().signal
  const sample = (ms: number, lateMs = 0) => ({ ms, lateMs })
  const timeout = (ms: number, lateMs = 0) =>
    ({ ok: false, sample: sample(ms, lateMs), failure: { kind: 'timeout', code: '', message: 'no answer' } }) as const
  const ok = (ms: number) =>
    ({ ok: true, sample: sample(ms), answer: { status: 200, body: Buffer.alloc(60) } }) as never
  /** @param bytes of the large one that come before its time is over */
  function doorWith(small: Probed<never>, large: Probed<never>, bytes = 0) {
    const probeHttp = async (_: unknown, { url, take }: HttpQuestion) => {
      if (url.pathname !== '/large') return small
      if (bytes > 0) take?.(Buffer.alloc(bytes))
      return large
    }
    return { ...doorOf(undefined), probeTcp: async () => ok(1), probeTls: async () => large, probeHttp } as never
  }
  const shaken = (receivedBytes: number) =>
    ({ ok: true, sample: sample(30), answer: { connectMs: 7, receivedBytes } }) as never
  async function largeOf(path: 'node' | 'pod', door: never) {
    const stopwatch = { start: () => () => sample(0) }
    const ask = { clock: fakeClock(), stopwatch, timeoutMs: 3000, signal }
    const peer = { address: '10.0.0.2', port: 1, zone: '', node: '' }
    const [asked] = await askPeers({ door, ask, trust: () => createTrust() }, path, [peer])
    return asked?.large
  }

  it.each(['node', 'pod'] as const)('hangs where a small one comes at once: %s', async (path) => {
    expect(await largeOf(path, doorWith(ok(20), timeout(3000)))).toBe('hangs')
  })

  it.each(['node', 'pod'] as const)('of a slow link, or of a late prober, says nothing: %s', async (path) => {
    expect(await largeOf(path, doorWith(ok(900), timeout(3000)))).toBe('unknown')
    expect(await largeOf(path, doorWith(ok(20), timeout(3000, 2000)))).toBe('unknown')
    expect(await largeOf(path, doorWith(timeout(3000), timeout(3000)))).toBe('unknown')
  })

  it('of a node is more than a packet has: one whose certificate fits into one proves nothing', async () => {
    expect(await largeOf('node', doorWith(ok(20), shaken(2_300)))).toBe('comes')
    expect(await largeOf('node', doorWith(ok(20), shaken(1_215)))).toBe('none')
  })

  it('of which some has come does not hang', async () => {
    expect(await largeOf('pod', doorWith(ok(20), timeout(3000), 1448))).toBe('unknown')
  })
})

it('a node that shakes hands is connected to once: its kubelet writes a line for who only connects', async () => {
  const sample = { ms: 30, lateMs: 2 }
  const door = {
    ...doorOf(undefined),
    probeTls: async () => ({ ok: true, sample, answer: { connectMs: 7, receivedBytes: 2_300 } }),
    probeTcp: () => expect.fail('connected to twice'),
  }
  const ask = { clock: fakeClock(), stopwatch: { start: () => () => sample }, timeoutMs: 3000 }
  const means = {
    door: door as never,
    ask: { ...ask, signal: new AbortController().signal },
    trust: () => createTrust(),
  }
  const peer = { address: '10.0.0.2', port: 10_250, zone: '', node: '' }
  expect(await askPeers(means, 'node', [peer])).toMatchObject([
    { small: 'answers', isTimed: true, large: 'comes', sample: { ms: 7, lateMs: 2 } },
  ])
})
