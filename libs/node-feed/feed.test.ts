import { describe, expect, it, onTestFinished } from 'vitest'
import type { MonitorState, NodeCondition, Problem } from '#model'
import { createBusReader } from '../bus/reader.ts'
import { quietLog, startTestBus } from '../bus/testing.ts'
import { startTestDetector } from '../bus/testing-detector.ts'
import { jetStreamOf } from '../bus/testing-readers.ts'
import { fakeClock } from '../clock/testing.ts'
import { someCondition, someMonitor, someProblem } from '../view/testing.ts'
import { type FactListener, followNode } from './feed.ts'

type Said = (what: string) => void

/** Says what it hears, by the words that `of` has for it. */
function saying<T>(say: Said, of: (value: T) => string): FactListener<T> {
  return {
    anew: (facts, before) => say(`anew ${[...facts.values()].map(of).join()} for ${before.map(of).join()}`),
    put: (value, key) => say(`put ${of(value)} ${key}`),
    gone: (value) => say(`gone ${of(value)}`),
  }
}

async function following() {
  const bus = await startTestBus()
  onTestFinished(() => bus.close())
  const detector = await startTestDetector(bus)
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const poison: string[] = []
  const reader = createBusReader(bus.consumer('http-exporter', quietLog), {
    signal: abort.signal,
    onPoison: (where) => poison.push(where),
  })
  const end = new AbortController()
  const said: string[] = []
  const say = (what: string) => void said.push(what)
  const heard: number[] = []
  const feed = followNode(
    reader,
    {
      clock: fakeClock(),
      conditions: saying<NodeCondition>(say, ({ entity, message }) => `${entity}=${message}`),
      problems: saying<Problem>(say, ({ fingerprint }) => fingerprint),
      monitors: saying<MonitorState>(say, ({ name }) => name),
      onHeartbeat: (_, waitMs) => heard.push(waitMs),
      onVoice: () => say(`voice ${feed.listening.voice().state}`),
    },
    end.signal,
  )
  return { bus, detector, reader, said, feed, heard, poison, end }
}

const disk = (message: string) => someCondition({ entity: 'disk:/', message })

describe('a node on the bus', () => {
  it('is known when each bucket was read, also where they are empty', async () => {
    const { feed, said } = await following()
    await expect.poll(() => feed.known).toBe(true)
    expect(said.toSorted()).toEqual(['anew  for ', 'anew  for ', 'anew  for '])
  })

  it('is followed: what is put, what is another, and what is gone', async () => {
    const { feed, said, detector } = await following()
    await expect.poll(() => feed.known).toBe(true)
    said.length = 0
    await detector.condition(disk('a'))
    await detector.condition(disk('b'))
    await detector.writer.remove('node_conditions', { type: 'DiskFull', entity: 'disk:/' })
    await expect.poll(() => said.length).toBe(3)
    expect(said.map((one) => one.split(' ').slice(0, 2).join(' '))).toEqual([
      'put disk:/=a',
      'put disk:/=b',
      'gone disk:/=b',
    ])
    await detector.problem(someProblem({ fingerprint: 'fp' }))
    await detector.monitor(someMonitor({ name: 'system' }))
    await expect.poll(() => [feed.problems.size, feed.monitors.size, feed.conditions.size]).toEqual([1, 1, 0])
  })

  it('is read anew when the store is another, and who listens hears what was known before', async () => {
    const { feed, said, detector, bus } = await following()
    await expect.poll(() => feed.known).toBe(true)
    await detector.condition(disk('of before'))
    await expect.poll(() => feed.conditions.size).toBe(1)
    said.length = 0
    const jsm = await jetStreamOf(bus)
    for (const { config } of await jsm.streams.list().next()) await jsm.streams.delete(config.name)
    await detector.writer.ensureStore({ node: 'worker-7', bootId: 'b1' })
    await expect.poll(() => said).toContain('anew  for disk:/=of before')
    await detector.condition(disk('of then'))
    await expect.poll(() => [...feed.conditions.values()].map(({ message }) => message)).toEqual(['of then'])
  })

  it('goes without what cannot be decoded, which is counted, and what follows it is told', async () => {
    const { feed, detector, poison } = await following()
    await expect.poll(() => feed.known).toBe(true)
    const damaged = new Uint8Array([0xff, 0xff, 0xff])
    await detector.connection.connection('test').jetstream().publish('$KV.node_conditions.Bad._', damaged)
    await detector.condition(disk('well'))
    await expect.poll(() => feed.conditions.size).toBe(1)
    expect(poison).toEqual(['node_conditions'])
  })

  it('has a voice by heartbeats: who listens hears of another one once', async () => {
    const { feed, said, detector, heard } = await following()
    await expect.poll(() => feed.known).toBe(true)
    said.length = 0
    for (const waitingMs of [0, 0, 500, 20_000, 20_500, 0]) detector.heartbeat(waitingMs)
    await expect.poll(() => heard).toEqual([0, 0, 0, 20_000, 20_500, 0])
    expect(said).toEqual(['voice live', 'voice late', 'voice live'])
  })

  it('is told no more of when its follower has ended', async () => {
    const { feed, said, detector, reader, end } = await following()
    await expect.poll(() => feed.known).toBe(true)
    said.length = 0
    end.abort()
    const other = followNode(reader, { clock: fakeClock() }, AbortSignal.any([]))
    await detector.condition(disk('unheard'))
    detector.heartbeat()
    await expect.poll(() => [other.conditions.size, other.listening.voice().state]).toEqual([1, 'live'])
    expect([said, feed.conditions.size, feed.listening.voice().state]).toEqual([[], 0, 'awaited'])
  })
})
