/** Peers that are replaced: a rollout of the echo component, nodes that an autoscaler takes away. Nobody else is to blame for that. */
import { expect, it } from 'vitest'
import { createHost } from '#host'
import { type EndpointSlice, KubeUnreachableError } from '#kube'
import { createStopwatch, type Probed } from '#probe'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { doorOf } from '../../probing/door.ts'
import { schema } from './config.ts'
import { evaluatePeers } from './evaluate.ts'
import { FIRST_PEERS } from './memory.ts'
import { createRounds } from './source.ts'

const MINUTE_MS = 60_000
const ROUND_MS = 30_000
const signal = new AbortController().signal

interface Scene {
  /** Addresses that the slice has. */
  listed: string[]
  /** Addresses that answer. */
  alive: Set<string>
  isDown: boolean
  requests: number
}

function sliceOf({ listed }: Scene): EndpointSlice {
  const endpoints = listed.map((address) => ({
    addresses: [address],
    isReady: true,
    isServing: true,
    isTerminating: false,
    zone: '',
    nodeName: `node-of-${address}`,
  }))
  return { name: 's', addressType: 'IPv4', ports: [{ name: 'echo', protocol: 'TCP', port: 8023 }], endpoints }
}

/** A check of pods by slices, round by round. */
function started(scene: Scene) {
  const clock = fakeClock()
  const sample = { ms: 1, lateMs: 0 }
  const probeHttp = async (
    _: unknown,
    { route }: { route: { place: { address: string } } },
  ): Promise<Probed<never>> => {
    if (scene.alive.has(route.place.address))
      return { ok: true, sample, answer: { status: 200, body: Buffer.alloc(16_384) } as never }
    const failure = { kind: 'timeout', code: '', message: `no answer from ${route.place.address}` } as const
    return { ok: false, sample: { ms: 3000, lateMs: 0 }, failure }
  }
  const asked = <T>(answer: T): Promise<T> => {
    scene.requests++
    if (scene.isDown) return Promise.reject(new KubeUnreachableError('reading', 'https://api', new Error('down')))
    return Promise.resolve(answer)
  }
  const config = schema.parse({ echoSlices: ['echo'] })
  const rounds = createRounds({
    host: createHost({ root: '/nowhere' }),
    door: { ...doorOf(undefined), probeHttp } as never,
    ask: { clock, stopwatch: createStopwatch(clock), timeoutMs: 3000 },
    clock,
    nodeName: 'this',
    open: () =>
      Promise.resolve({
        namespace: 'node-doctor',
        names: () => asked(['s']),
        slice: () => asked(sliceOf(scene)),
        close: () => undefined,
      }),
    config,
    random: Math.random,
  })
  let memory = FIRST_PEERS
  async function look() {
    const verdict = evaluatePeers(await rounds.next(signal), config, memory)
    memory = verdict.memory
    clock.pass(ROUND_MS)
    return verdict.findings.find(({ type }) => type === 'PeersUnreachable')!
  }
  async function said(count: number): Promise<readonly string[]> {
    const all: string[] = []
    for (let round = 0; round < count; round++) {
      const { health, severity = '', reason } = await look()
      if (health === 'problem') all.push(`${severity} ${reason}`)
    }
    return [...new Set(all)]
  }
  return { said, look, clock }
}

const addresses = (net: number, count = 20) => Array.from({ length: count }, (_, at) => `10.${net}.0.${at + 1}`)

it('a rollout that gives all pods other addresses is no problem of any node', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said } = started(scene)
  expect(await said(3)).toEqual([])
  scene.listed = addresses(2)
  scene.alive = new Set(addresses(2))
  expect(await said(20)).toEqual([])
})

it('a rollout just after slices were read is no problem of any node either', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(2)), isDown: false, requests: 0 }
  const { said, look } = started(scene)
  await look()
  scene.listed = addresses(2)
  expect(await said(20)).toEqual([])
})

it('a rollout upon a rollout is no problem of any node, nor is the one pod that is silent after it', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said } = started(scene)
  await said(3)
  // Each is seen, is known for one, and the next is there at once.
  for (const wave of [2, 3]) {
    scene.listed = addresses(wave)
    scene.alive = new Set(scene.listed)
    expect(await said(2)).toEqual([])
  }
  scene.listed = addresses(4, 3)
  scene.alive = new Set(addresses(4, 2))
  expect(await said(20)).toEqual([])
})

it('most nodes taken away are no problem of those that stay', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said } = started(scene)
  await said(3)
  scene.listed = addresses(1, 6)
  scene.alive = new Set(scene.listed)
  expect(await said(20)).toEqual([])
})

it('a zone whose nodes die is told while the cluster believes that they are there, and no longer', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said } = started(scene)
  await said(3)
  scene.alive = new Set(addresses(1, 3))
  expect(await said(3)).not.toEqual([])
  scene.listed = addresses(1, 3)
  await said(4)
  expect(await said(10)).toEqual([])
})

it('a node that is cut off from most of those that are there says so by the second draw, for as long as it lasts', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said, look } = started(scene)
  await said(3)
  scene.alive = new Set(addresses(1, 3))
  expect(await said(1)).toEqual([])
  expect(await said(1)).toHaveLength(1)
  for (let round = 0; round < 240; round++) {
    const { health, pending } = await look()
    if (health !== 'problem') expect([health, pending]).toEqual(['healthy', true])
  }
  scene.alive = new Set(addresses(1))
  await said(2)
  expect(await look()).toMatchObject({ health: 'healthy', reason: 'PeersAnswer' })
})

it('nobody answers is no problem where nobody could ask who is still there, for want of requests alone', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said, look } = started(scene)
  await said(1)
  // Wave upon wave, until no request is left in this hour.
  for (let wave = 2; wave < 12; wave++) {
    scene.listed = addresses(wave)
    scene.alive = new Set(scene.listed)
    expect(await said(8)).toEqual([])
  }
  expect(scene.requests).toBeLessThanOrEqual(6)
  expect((await look()).health).toBe('unknown')
})

it('nobody answers, neither pods nor the API servers: this node is cut off', async () => {
  const scene: Scene = { listed: addresses(1), alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { said } = started(scene)
  await said(3)
  scene.alive = new Set()
  scene.isDown = true
  expect(await said(2)).toEqual(['critical NobodyAnswers'])
})

it('a Service that has nobody yet is asked for again', async () => {
  const scene: Scene = { listed: [], alive: new Set(addresses(1)), isDown: false, requests: 0 }
  const { look, clock } = started(scene)
  expect(await look()).toMatchObject({ health: 'unknown', reason: 'NoPeers' })
  scene.listed = addresses(1)
  clock.pass(21 * MINUTE_MS)
  expect(await look()).toMatchObject({ health: 'healthy', reason: 'PeersAnswer' })
})
