/** What the tests of this room put on a bus, and who reads it there. Each test ends what it started. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { Event, NodeCondition, Problem, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import type { ConnectedBus } from './connect.ts'
import { createBusReader } from './reader.ts'
import { startTestBus, type TestBus } from './testing.ts'
import type { BusReader, BusWriter, OnReadability } from './types.ts'
import { createBusWriter } from './writer.ts'

export const IDENTITY = { node: 'n1', bootId: 'boot-1' }

const buses: TestBus[] = []
const aborts: AbortController[] = []
const folders: string[] = []
afterEach(async () => {
  for (const abort of aborts.splice(0)) abort.abort()
  for (const bus of buses.splice(0)) await bus.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A folder of its own for one test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nd-bus-'))
  folders.push(path)
  return path
}

/** A real server of its own for one test. */
export async function start(options: Parameters<typeof startTestBus>[0] = {}): Promise<TestBus> {
  const bus = await startTestBus(options)
  buses.push(bus)
  return bus
}

/**
 * Of the server that lives now; of one that has just ended, the next one's. Clients may be connected to it before it has one.
 * To signal "none" would be to signal pid 0: everything of this process's group.
 */
export async function pidOf({ server }: Pick<TestBus, 'server'>): Promise<number> {
  if (server.pid === undefined) await expect.poll(() => server.pid, { timeout: 10_000, interval: 5 }).toBeDefined()
  return server.pid ?? pidOf({ server })
}

/** Aborted at the test's end. */
export function abortable(): AbortSignal {
  const abort = new AbortController()
  aborts.push(abort)
  return abort.signal
}

export async function connectedDetector(bus: TestBus): Promise<ConnectedBus> {
  const detector = bus.detector()
  await detector.connected(AbortSignal.timeout(5000))
  return detector
}

export async function writerOf(bus: TestBus): Promise<BusWriter> {
  const writer = createBusWriter(await connectedDetector(bus), bus.consumers)
  await writer.ensureStore(IDENTITY)
  return writer
}

export async function jetStreamOf(bus: TestBus) {
  return (await connectedDetector(bus)).connection('test').jetstreamManager({ checkAPI: false })
}

export function readerOf(bus: TestBus, service = 'http-exporter', onPoison?: (where: string) => void): BusReader {
  return createBusReader(bus.consumer(service), { signal: abortable(), ...(onPoison ? { onPoison } : {}) })
}

export function condition(entity: string, message = 'fine'): NodeCondition {
  return NodeCondition.fromPartial({ type: 'DiskFull', entity, message })
}

export function event(id: string, reason = 'Xid', severity: Severity = Severity.WARNING): Event {
  return Event.fromPartial({ id, reason, severity })
}

export function problem(fingerprint: string, phase: ProblemPhase = ProblemPhase.OPENED): Problem {
  return Problem.fromPartial({ fingerprint, type: 'DiskFull', generation: 1, phase })
}

export interface Followed {
  now: Map<string, NodeCondition>
  snapshots: number
  puts: string[]
  deleted: string[]
}

/** Follows the bucket of conditions into a map. */
export function follow(reader: BusReader): Followed {
  const seen: Followed = { now: new Map(), snapshots: 0, puts: [], deleted: [] }
  const keyOf = (value: NodeCondition) => reader.keyOf('node_conditions', value)
  reader.watchBucket(
    'node_conditions',
    {
      snapshot(values) {
        seen.snapshots++
        seen.now = new Map(values.map((value) => [keyOf(value), value]))
      },
      put(value) {
        seen.puts.push(value.message)
        seen.now.set(keyOf(value), value)
      },
      deleted(key) {
        seen.deleted.push(key)
        seen.now.delete(key)
      },
    },
    abortable(),
  )
  return seen
}

export interface Collected {
  readonly ids: string[]
  gaps: number
  redelivered: number
}

/** Takes every event of a stream. */
export function collect(
  reader: BusReader,
  options: {
    stream?: 'EVENTS' | 'EVENTS_INFO'
    lane?: string
    signal?: AbortSignal
    ready?: () => boolean
    onReady?: (listener: () => void) => () => void
    onReadability?: OnReadability
  } = {},
): Collected {
  const { stream = 'EVENTS', signal = abortable(), ...more } = options
  const seen: Collected = { ids: [], gaps: 0, redelivered: 0 }
  reader.consume(
    stream,
    {
      message(value, { redelivered }) {
        seen.ids.push(value.id)
        if (redelivered) seen.redelivered++
        return Promise.resolve()
      },
      gap(missed) {
        seen.gaps += missed
      },
    },
    { signal, ...more },
  )
  return seen
}

/** Whether it was taken. */
export function taken(writing: Promise<unknown>): Promise<boolean> {
  return writing.then(
    () => true,
    () => false,
  )
}
