/** 5,000 nodes that have each other as peers: what they ask of the API servers, and of one another. */
import { describe, expect, it } from 'vitest'
import { type EndpointSlice, KubeUnreachableError } from '#kube'
import { type FakeClock, fakeClock } from '../../../../../libs/clock/testing.ts'
import { createBudget } from './budget.ts'
import { drawnOf, drawPeers } from './peer.ts'
import { createSlicePool, type PeerPool, type Pool } from './pool.ts'
import type { OpenSlices } from './slices-api.ts'

const NODES = 5_000
const MINUTE_MS = 60_000
const ROUND_MS = 30_000
const signal = new AbortController().signal

/** mulberry32: the same numbers at each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const addressOf = (node: number) => `10.${node >> 16}.${(node >> 8) & 255}.${node & 255}`

/** Slices of these sizes, one node after the other. */
function slicesOf(sizes: readonly number[]): ReadonlyMap<string, EndpointSlice> {
  let node = 0
  const named = sizes.map((size, at): [string, EndpointSlice] => {
    const endpoints = Array.from({ length: size }, () => ({
      addresses: [addressOf(node)],
      isReady: true,
      isServing: true,
      isTerminating: false,
      zone: `z${node % 3}`,
      nodeName: `n${node++}`,
    }))
    const name = `peers-${at}`
    return [name, { name, addressType: 'IPv4', ports: [{ name: '', protocol: 'TCP', port: 9101 }], endpoints }]
  })
  return new Map(named)
}

interface Server {
  slices: ReadonlyMap<string, EndpointSlice>
  isDown: boolean
  /** When each was asked. */
  readonly askedMs: number[]
}

function openTo(server: Server, clock: FakeClock): OpenSlices {
  const ask = <T>(answer: () => T): Promise<T> => {
    server.askedMs.push(clock.monotonicMs())
    return server.isDown
      ? Promise.reject(new KubeUnreachableError('reading', 'https://api', new Error('down')))
      : Promise.resolve(answer())
  }
  return () =>
    Promise.resolve({
      namespace: 'node-doctor',
      names: (_, service) => ask(() => (service === 'peers' ? [...server.slices.keys()] : [])),
      slice: (_, name) => ask(() => server.slices.get(name)),
      close: () => undefined,
    })
}

function poolOf(clock: FakeClock, server: Server, random: () => number, node = -1, places = ['peers']): PeerPool {
  return createSlicePool({
    places,
    port: 10_250,
    nodeName: `n${node}`,
    own: () => Promise.resolve({ addresses: new Set(node < 0 ? [] : [addressOf(node)]), lacks: new Set<never>() }),
    open: openTo(server, clock),
    budget: createBudget(clock, 6),
    clock,
    random,
  })
}

/** The most requests of one node in any hour. */
function mostInAnHour(askedMs: readonly number[]): number {
  return Math.max(0, ...askedMs.map((from) => askedMs.filter((at) => at >= from && at < from + 60 * MINUTE_MS).length))
}

interface Fleet {
  /** By how many the one was asked who was asked by most in a round. */
  readonly most: number
  readonly requests: number
}

/** @param rounds of which each node has one in each half minute, at a place of its own */
async function fleet(sizes: readonly number[], rounds: number, seed: number): Promise<Fleet> {
  const clock = fakeClock()
  const slices = slicesOf(sizes)
  const nodes = Array.from({ length: NODES }, (_, node) => {
    const random = seeded(seed * NODES + node)
    const server: Server = { slices, isDown: false, askedMs: [] }
    return { server, random, phase: random(), before: new Set<string>(), pool: poolOf(clock, server, random, node) }
  }).sort((a, b) => a.phase - b.phase)
  let most = 0
  for (let round = 0; round < rounds; round++) {
    const asked = new Map<string, number>()
    let nowMs = 0
    for (const { phase, pool, random, before } of nodes) {
      clock.pass(phase * ROUND_MS - nowMs)
      nowMs = phase * ROUND_MS
      const known = await pool.current(signal)
      if (!known.ok) throw new Error(known.message)
      const { peers, isPart } = known.value
      const drawn = drawPeers(peers, drawnOf(peers.length, isPart), random, before)
      before.clear()
      for (const { address } of drawn) {
        before.add(address)
        asked.set(address, (asked.get(address) ?? 0) + 1)
      }
    }
    clock.pass(ROUND_MS - nowMs)
    most = Math.max(most, ...asked.values())
  }
  return { most, requests: Math.max(...nodes.map(({ server }) => mostInAnHour(server.askedMs))) }
}

/** By how many the one is asked who is asked by most, of nodes that each know this much. */
function mostAsked(known: readonly Pool[], randoms: readonly (() => number)[]): number {
  const asked = new Map<string, number>()
  for (const [node, { peers, isPart }] of known.entries()) {
    for (const { address } of drawPeers(peers, drawnOf(peers.length, isPart), randoms[node]!, new Set()))
      asked.set(address, (asked.get(address) ?? 0) + 1)
  }
  return Math.max(...asked.values())
}

const full = (count: number, size: number) => Array.from({ length: count }, () => size)

describe('5,000 nodes', () => {
  it.each([
    ['full slices', full(50, 100)],
    ['one slice that is nearly empty', [...full(49, 101), 48, 3]],
    ['slices that are half empty', full(100, 50)],
    ['small and full ones', [...full(45, 107), ...full(45, 4), 5]],
    ['large slices', full(10, 500)],
  ])(
    'ask nobody more than 25 times in a round, and the API servers six times an hour at most: %s',
    async (_, sizes) => {
      const { most, requests } = await fleet(sizes, 3, sizes.length)
      expect(most).toBeLessThanOrEqual(25)
      expect(requests).toBeLessThanOrEqual(6)
    },
  )
})

it('nodes that come one after another do not stay with those who came first', async () => {
  const clock = fakeClock()
  const server: Server = { slices: new Map(), isDown: false, askedMs: [] }
  const pools: PeerPool[] = []
  const randoms: (() => number)[] = []
  for (let node = 0; node < 2_000; node++) {
    if (node % 100 === 0) server.slices = slicesOf([...full(node / 100, 100), 100])
    const random = seeded(node)
    randoms.push(random)
    pools.push(poolOf(clock, server, random, node))
    await pools.at(-1)!.current(signal)
  }
  const mostNow = async () => {
    const known = await Promise.all(pools.map((pool) => pool.current(signal)))
    return mostAsked(
      known.map((one) => (one.ok ? one.value : expect.fail(one.message))),
      randoms,
    )
  }
  expect(await mostNow()).toBeGreaterThan(25)
  clock.pass(110 * MINUTE_MS)
  expect(await mostNow()).toBeLessThanOrEqual(25)
})

describe('a node', () => {
  /** @param silent in each round somebody is */
  async function hours(server: Server, count: number, silent: boolean, places?: string[]): Promise<void> {
    const clock = fakeClock()
    const pool = poolOf(clock, server, seeded(7), 3, places)
    for (let round = 0; round < count * 120; round++) {
      await pool.current(signal)
      // The worst: each time it is another trouble.
      if (silent) await pool.confirmed(signal, clock.monotonicMs() - ROUND_MS)
      clock.pass(ROUND_MS)
    }
  }

  it.each([
    ['that is well', false, false],
    ['whose peers are silent', true, false],
    ['whose API servers do not answer', true, true],
  ])('%s asks the API servers six times an hour at most, for ever', async (_, silent, isDown) => {
    for (const places of [['peers'], ['peers', 'peers-1'], ['peers-0', 'peers-1']]) {
      const server: Server = { slices: slicesOf(full(50, 40)), isDown, askedMs: [] }
      await hours(server, 12, silent, places)
      expect(server.askedMs.length).toBeGreaterThan(10)
      expect(mostInAnHour(server.askedMs)).toBeLessThanOrEqual(6)
    }
  })

  it('knows within the round who is gone, once it has to', async () => {
    const clock = fakeClock()
    const server: Server = { slices: slicesOf([6]), isDown: false, askedMs: [] }
    const pool = poolOf(clock, server, seeded(1), 0)
    const count = async (read: Promise<Awaited<ReturnType<PeerPool['current']>>>) => {
      const known = await read
      return known.ok ? known.value.peers.length : known.reason
    }
    expect(await count(pool.current(signal))).toBe(5)
    server.slices = slicesOf([2])
    clock.pass(31 * MINUTE_MS)
    expect([await count(pool.current(signal)), await count(pool.confirmed(signal, clock.monotonicMs()))]).toEqual([
      5, 1,
    ])
    server.slices = new Map()
    clock.pass(31 * MINUTE_MS)
    expect(await count(pool.confirmed(signal, clock.monotonicMs()))).toBe(0)
  })

  it('keeps what it knew where it cannot read anew, and says that this is old', async () => {
    const clock = fakeClock()
    const server: Server = { slices: slicesOf([6]), isDown: false, askedMs: [] }
    const pool = poolOf(clock, server, seeded(1))
    await pool.current(signal)
    server.isDown = true
    clock.pass(31 * MINUTE_MS)
    const known = await pool.confirmed(signal, clock.monotonicMs())
    expect(known).toMatchObject({ ok: true, value: { stale: { reason: 'APIServerUnreachable' } } })
    expect(known.ok && known.value.peers.length).toBe(6)
  })

  it('says why it knows nobody, and tries again after a while', async () => {
    const clock = fakeClock()
    const server: Server = { slices: slicesOf([6]), isDown: true, askedMs: [] }
    const pool = poolOf(clock, server, seeded(1))
    expect(await pool.current(signal)).toMatchObject({ ok: false, reason: 'APIServerUnreachable' })
    server.isDown = false
    clock.pass(20 * MINUTE_MS)
    expect((await pool.current(signal)).ok).toBe(true)
  })
})
