/**
 * The bus by itself: a put, publications, and the way from a publication or put to its reader, through the real server.
 * Beside each stands the plainest thing the same server does: one question that nothing keeps.
 */
import { createBusReader } from '../../libs/bus/reader.ts'
import { startTestBus } from '../../libs/bus/testing.ts'
import { createBusWriter } from '../../libs/bus/writer.ts'
import { Event, NodeCondition, Severity } from '../../libs/proto/nodedoctor/v1/types.ts'
import { reportFigure } from './figure.ts'

const CALLS = 2000
const BURST = 10_000
const RUNS = 5
const IN_FLIGHT = 128

function percentile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

async function timed(count: number, act: (i: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < count; i++) {
    const startMs = performance.now()
    await act(i)
    samples.push(performance.now() - startMs)
  }
  return samples
}

/** Waits of many, each from `start(id)` to `end(id)`. */
function stopwatch() {
  const started = new Map<string, number>()
  const waiting = new Map<string, () => void>()
  const samples: number[] = []
  return {
    samples,
    end(id: string) {
      const startMs = started.get(id)
      if (startMs !== undefined) samples.push(performance.now() - startMs)
      started.delete(id)
      waiting.get(id)?.()
    },
    async once(id: string, act: () => Promise<unknown>) {
      const arrived = new Promise<void>((resolve) => waiting.set(id, resolve))
      started.set(id, performance.now())
      await act()
      await arrived
      waiting.delete(id)
    },
  }
}

function event(id: string): Event {
  return Event.fromPartial({ id, reason: 'Bench', severity: Severity.WARNING, message: 'm'.repeat(120) })
}

function condition(id: string): NodeCondition {
  return NodeCondition.fromPartial({ type: 'Bench', entity: 'disk:/', message: id })
}

const bus = await startTestBus()
const detector = bus.detector()
await detector.connected()
const writer = createBusWriter(detector)
await writer.ensureStore({ node: 'bench', bootId: 'bench' })
const nc = detector.connection('bench')
const abort = new AbortController()
const reader = createBusReader(bus.consumer('http-exporter'), { signal: abort.signal })
const events = stopwatch()
const puts = stopwatch()
let told = 0
reader.consume(
  'EVENTS',
  {
    message: ({ id }) => {
      told++
      events.end(id)
      return Promise.resolve()
    },
    gap: () => undefined,
  },
  { signal: abort.signal },
)
let isFollowing = false
reader.watchBucket(
  'node_conditions',
  {
    snapshot: () => {
      isFollowing = true
    },
    put: ({ message }) => puts.end(message),
    deleted: () => undefined,
  },
  abort.signal,
)
while (!isFollowing) await new Promise((resolve) => setImmediate(resolve))

const ask = () => nc.request('$JS.API.CONSUMER.INFO.EVENTS.nobody', '')
await timed(500, ask)
await timed(500, (i) => writer.put('node_conditions', condition(`warm ${i}`)))
const question = { name: 'one question', value: percentile(await timed(CALLS, ask), 0.5) }

const put = await timed(CALLS, (i) => writer.put('node_conditions', condition(`put ${i}`)))
reportFigure({ name: 'put, one at a time, p50', value: percentile(put, 0.5), unit: 'ms', comparedWith: question })
reportFigure({ name: 'put, one at a time, p99', value: percentile(put, 0.99), unit: 'ms' })

for (let i = 0; i < CALLS; i++)
  await puts.once(`live ${i}`, () => writer.put('node_conditions', condition(`live ${i}`)))
reportFigure({
  name: 'put to its follower, p50',
  value: percentile(puts.samples, 0.5),
  unit: 'ms',
  comparedWith: question,
})
reportFigure({ name: 'put to its follower, p99', value: percentile(puts.samples, 0.99), unit: 'ms' })

for (let i = 0; i < CALLS; i++) await events.once(`live ${i}`, () => writer.publishEvent(event(`live ${i}`)))
const latency = events.samples.slice()
reportFigure({ name: 'event to its reader, p50', value: percentile(latency, 0.5), unit: 'ms', comparedWith: question })
// The bus's share of budget 1a: check result to the page's stream within 100 ms.
reportFigure({ name: 'event to its reader, p99', value: percentile(latency, 0.99), unit: 'ms', budget: { max: 20 } })

const published: number[] = []
const consumed: number[] = []
for (let run = 0; run < RUNS; run++) {
  const before = told
  const startMs = performance.now()
  for (let i = 0; i < BURST; i += IN_FLIGHT) {
    const count = Math.min(IN_FLIGHT, BURST - i)
    await Promise.all(Array.from({ length: count }, (_, k) => writer.publishEvent(event(`burst ${run} ${i + k}`))))
  }
  published.push(BURST / ((performance.now() - startMs) / 1000))
  while (told < before + BURST) await new Promise((resolve) => setTimeout(resolve, 5))
  consumed.push(BURST / ((performance.now() - startMs) / 1000))
}
reportFigure({
  name: `events published, ${IN_FLIGHT} in flight`,
  value: percentile(published, 0.5),
  unit: '/s',
  // Budget 9: bursts of 5,000 events/s.
  budget: { min: 5000 },
})
reportFigure({
  name: 'events taken in order, acknowledged one by one',
  value: percentile(consumed, 0.5),
  unit: '/s',
  budget: { min: 2000 },
})

for (let i = 0; i < 1000; i++)
  await writer.put(
    'node_conditions',
    NodeCondition.fromPartial({ type: 'Bench', entity: `disk:/${i}`, message: 'm'.repeat(200) }),
  )
const readBack = await timed(RUNS, () => writer.readBack())
reportFigure({ name: 'reading 1,000 conditions back', value: percentile(readBack, 0.5), unit: 'ms' })

const kills: number[] = []
for (let run = 0; run < RUNS; run++) {
  // Clients may be back before the server has its pid; pid 0 would be everything of this process's group.
  while (bus.server.pid === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  const startMs = performance.now()
  process.kill(bus.server.pid, 'SIGKILL')
  const id = `kill ${run}`
  const arrived = new Promise<void>((resolve) => {
    const look = setInterval(() => {
      if (events.samples.length === 0) return
      clearInterval(look)
      resolve()
    }, 1)
  })
  events.samples.length = 0
  void events.once(id, async () => {
    for (;;) {
      await detector.connected()
      if (
        await writer.publishEvent(event(id)).then(
          () => true,
          () => false,
        )
      )
        return
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })
  await arrived
  kills.push(performance.now() - startMs)
}
reportFigure({
  name: 'kill -9 of the server to the next event at its reader',
  value: percentile(kills, 0.5),
  unit: 'ms',
  budget: { max: 3000 },
})

abort.abort()
await bus.close()
