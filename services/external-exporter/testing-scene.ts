/** The real service on a real bus, with exporters of the test's choice. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { parseConfig } from '#config'
import { createHost } from '#host'
import type { NodeEvent } from '#model'
import { createMetrics, createServerDoor, type Metrics, type Service, systemClock } from '#service'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { type KeptLog, keepLog } from '../../libs/service/testing.ts'
import { type ExternalEntry, externalExporterConfig } from './config.ts'
import { externalExporter } from './service.ts'
import { type PartnerWays, startPartner, type TestPartner } from './testing-partner.ts'

export const NAME = 'external-exporter'
const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

/** What a test says of an exporter beside its name. */
export type Said = Partial<Omit<ExternalEntry, 'name' | 'socketPath'>>

export interface Running {
  readonly service: Service
  readonly log: KeptLog
  readonly metrics: Metrics
  stop(): Promise<void>
}

export interface Scene {
  readonly dir: string
  readonly bus: TestBus
  readonly detector: TestDetector
  socketOf(name: string): string
  partner(name: string, ways?: PartnerWays): Promise<TestPartner>
  /** The service, as the configuration has it; again: after a restart. */
  run(said?: Said): Promise<Running>
}

/** A configuration that names these exporters, and waits for them as briefly as it may. */
export function configText(names: readonly string[], socketOf: (name: string) => string, more = ''): string {
  const entries = names.map(
    (name) =>
      `    - { name: ${name}, socketAddress: ${socketOf(name)}, timeout: 1s, retryPolicy: { initialBackoff: 100ms, maxBackoff: 200ms } }\n`,
  )
  return `${HEAD}settings: { nodeName: worker-7 }\n${more}exporters:\n  external:\n${entries.join('')}`
}

let eventCount = 0

export function someEvent(changes: Partial<NodeEvent> = {}): NodeEvent {
  const now = new Date()
  const id = `event-${++eventCount}`
  return {
    id,
    monitor: 'kernel',
    check: '',
    entity: '',
    severity: 'warning',
    reason: 'TaskHung',
    message: id,
    firstSeen: now,
    lastSeen: now,
    count: 1,
    ...changes,
  }
}

/** Makes scenes that end with their test, the last that was started first. */
export function scenesOfTests(): (names?: readonly string[]) => Promise<Scene> {
  const ends: (() => Promise<unknown>)[] = []
  const buses: TestBus[] = []
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close()
    for (const end of ends.splice(0).toReversed()) await end()
  })
  return async (names = ['tickets']) => {
    const dir = await mkdtemp(join(tmpdir(), 'nd-ext-'))
    ends.push(() => rm(dir, { recursive: true, force: true }))
    const bus = await startTestBus({ lanes: { 'exporters.external': names } })
    const detector = await startTestDetector(bus)
    const socketOf = (name: string) => join(dir, `${name}.sock`)
    const beat = setInterval(() => {
      try {
        detector.heartbeat()
      } catch {
        // A test has ended this bus; nobody has to hear of it.
      }
    }, 300)
    ends.push(async () => clearInterval(beat))
    const full = parseConfig(configText(names, socketOf), '/etc/node-doctor/config.yaml', { env: {}, flags: [] })

    async function run(said: Said = {}): Promise<Running> {
      const log = keepLog(NAME)
      const metrics = createMetrics()
      const clock = systemClock()
      const { external } = externalExporterConfig(full)
      const settings = { ...full.settings, runDir: bus.dir }
      const service = await externalExporter.create({
        name: NAME,
        version: '0.1.0',
        nodeName: 'worker-7',
        config: { external: external.map((entry) => ({ ...entry, timeoutMs: 500, ...said })) },
        runDir: bus.dir,
        stateDir: join(dir, 'state'),
        host: createHost({ root: '' }),
        bus: createServerDoor({ name: NAME, log: log.log, clock, config: { ...full, settings } }),
        clock,
        log: log.log,
        metrics,
        signal: new AbortController().signal,
      })
      await service.start(new AbortController().signal)
      ends.push(() => service.stop())
      return { service, log, metrics, stop: () => service.stop() }
    }

    const scene: Scene = {
      dir,
      bus,
      detector,
      socketOf,
      run,
      async partner(name, ways) {
        const partner = await startPartner(socketOf(name), ways)
        ends.push(partner.close)
        return partner
      },
    }
    // First of all: an exporter without a bus does not wait for a last word.
    buses.push(bus)
    return scene
  }
}
