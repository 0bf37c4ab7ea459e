/** A scripted monitor as its process would host it, and a detector that watches it, for tests of the kit. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { MonitorService, type WatchRequest, type WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { closedDoor, createHostedService, systemClock } from '#service'
import { keepLog, minimalConfig } from '../../service/testing.ts'
import { createMonitorService } from '../service.ts'
import type { MonitorDefinition } from '../types.ts'

export interface Stage {
  readonly runDir: string
  readonly socket: string
  /** What ends at the end of the test, the last first. */
  readonly ends: (() => Promise<unknown>)[]
}

export async function openStage(): Promise<Stage> {
  const runDir = await mkdtemp(join(tmpdir(), 'nd-kit-'))
  return { runDir, socket: join(runDir, 'monitors', 'tiny', 'tiny.sock'), ends: [] }
}

export async function closeStage({ runDir, ends }: Stage): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end()
  await rm(runDir, { recursive: true, force: true })
}

export type Entry = Partial<NodeDoctorConfig['monitors'][number]>

export function configOf(runDir: string, entries: readonly Entry[]): NodeDoctorConfig {
  const monitors = entries.map((entry) => ({
    enabled: true,
    when: 'always' as const,
    intervalMs: 30_000,
    timeoutMs: 10_000,
    config: {},
    dependsOn: [],
    explainedBy: [],
    monitor: 'tiny',
    origin: { layer: 'file' as const, text: '' },
    name: entry.type ?? '',
    type: '',
    ...entry,
  }))
  return { ...minimalConfig({ runDir, stateDir: join(runDir, 'state') }), monitors }
}

export const BOTH = [
  { name: 'disks', type: 'old-disk-check', dependsOn: ['cpus'] },
  { name: 'cpus', type: 'cpu-check' },
]

/** The monitor as a service, hosted as its process would. */
export async function host(
  { runDir, socket, ends }: Stage,
  definition: MonitorDefinition,
  entries: readonly Entry[],
  clock = systemClock(),
) {
  const kept = keepLog('tiny')
  const stop = new AbortController()
  const ended = createHostedService(createMonitorService(definition), {
    version: '1.2.3',
    config: configOf(runDir, entries),
    host: createHost({ root: '' }),
    clock,
    log: kept.log,
    alone: true,
    bus: closedDoor,
  }).run(stop.signal)
  ended.catch(() => undefined)
  const client = connectUnix(socket)
  ends.push(() => {
    stop.abort()
    client.close()
    return ended
  })
  await client.connected(AbortSignal.timeout(5000))
  await hasStarted(client)
  return { ...kept, stop, ended, client }
}

/** Waits until it takes calls, which it refuses while it starts. */
async function hasStarted(client: RpcClient): Promise<void> {
  for (;;) {
    try {
      await client.call(MonitorService.describe, { detectorVersion: '' })
      return
    } catch (err) {
      if (!String(err).includes(' is starting')) return
    }
  }
}

/** A detector that watches: takes messages one by one, and answers what it wants. */
export function watchMonitor(
  stage: Stage,
  client: RpcClient,
  start: Partial<{ maxReportsPerSecond: number; maxMessageBytes: number }> = {},
) {
  const abort = new AbortController()
  const stream = client.bidiStream(MonitorService.watch, abort.signal)
  const say = (request: WatchRequest['request']) => stream.send({ request })
  say({ $case: 'start', value: { maxReportsPerSecond: 1000, maxMessageBytes: 1_048_576, ...start } })
  const responses = stream.responses[Symbol.asyncIterator]()
  async function next(): Promise<WatchResponse> {
    const { value, done } = await responses.next()
    if (done) throw new Error('the stream has ended')
    return value
  }
  async function report(): Promise<Report> {
    for (;;) {
      const { report: found } = await next()
      if (found !== undefined) return found
    }
  }
  const leave = () => {
    abort.abort()
    return responses.next().catch(() => undefined)
  }
  stage.ends.push(leave)
  return {
    next,
    report,
    leave,
    say,
    ack: ({ incarnation, sequence }: Report) => say({ $case: 'ack', value: { incarnation, sequence } }),
    async reports(count: number): Promise<Report[]> {
      const found: Report[] = []
      while (found.length < count) found.push(await report())
      return found
    },
    responses,
  }
}
