/** The real exporter on a real bus, writing to an API server of the test's choice. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NodeDoctorConfig, type NpdTold, parseConfig } from '#config'
import { createHost } from '#host'
import type { NodeCondition, NodeEvent, Problem } from '#model'
import { type Clock, createMetrics, createServerDoor, type Service, systemClock } from '#service'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { type KeptLog, keepLog } from '../../libs/service/testing.ts'
import { someCondition, someMonitor, someProblem } from '../../libs/view/testing.ts'
import { k8sExporterConfig } from './config.ts'
import { k8sExporter } from './service.ts'

type OnFinished = (work: () => Promise<void>) => void
type Kubernetes = NodeDoctorConfig['exporters']['kubernetes']

export interface TestExporter {
  readonly service: Service
  readonly log: KeptLog
  stop(): Promise<void>
}

export interface ExporterOptions {
  readonly runDir: string
  readonly stateDir: string
  readonly kubeconfig: string
  readonly nodeName: string
  readonly kubernetes?: Partial<Kubernetes>
  readonly npd?: NpdTold
  /** Default: the system's */
  readonly clock?: Clock
  readonly npdCompat?: readonly string[]
  readonly onTestFinished: OnFinished
}

const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

export async function startTestExporter(options: ExporterOptions): Promise<TestExporter> {
  const text = `${HEAD}settings: { nodeName: ${options.nodeName} }\nexporters: { kubernetes: { enabled: true } }\n`
  const full = parseConfig(text, '/etc/node-doctor/config.yaml', { env: {}, flags: [] })
  const slice = k8sExporterConfig(full)
  const name = 'k8s-exporter'
  const { clock = systemClock() } = options
  const log = keepLog(name)
  const settings = { ...full.settings, runDir: options.runDir }
  const service = await k8sExporter.create({
    name,
    version: '0.1.0',
    nodeName: options.nodeName,
    config: {
      ...slice,
      npd: options.npd ?? slice.npd,
      npdCompat: options.npdCompat ?? slice.npdCompat,
      kubeconfig: options.kubeconfig,
      kubernetes: { ...slice.kubernetes, ...options.kubernetes },
    },
    runDir: options.runDir,
    stateDir: options.stateDir,
    host: createHost({ root: '' }),
    bus: createServerDoor({ name, log: log.log, clock, config: { ...full, settings } }),
    clock,
    log: log.log,
    metrics: createMetrics(),
    signal: new AbortController().signal,
  })
  await service.start(new AbortController().signal)
  options.onTestFinished(() => service.stop())
  return { service, log, stop: () => service.stop() }
}

export interface TestNode {
  readonly dir: string
  readonly bus: TestBus
  readonly detector: TestDetector
  readonly exporter: TestExporter
  /** From now on the detector says that its oldest change has waited for so long. */
  wait(ms: number): void
  /** Another exporter in the same place: after a restart, or beside it. */
  again(kubernetes?: Partial<Kubernetes>): Promise<TestExporter>
}

/** A bus, a detector that is heard, and an exporter. */
export async function startTestNode(
  onTestFinished: OnFinished,
  options: Pick<ExporterOptions, 'kubeconfig' | 'nodeName' | 'kubernetes' | 'npd' | 'clock' | 'npdCompat'>,
): Promise<TestNode> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-kube-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const bus = await startTestBus()
  const detector = await startTestDetector(bus)
  await detector.monitor(someMonitor({ name: 'system', origin: 'built-in' }))
  let waitingMs = 0
  const beat = setInterval(() => {
    try {
      detector.heartbeat(waitingMs)
    } catch {
      // A test has ended this bus; nobody has to hear of it.
    }
  }, 300)
  onTestFinished(async () => clearInterval(beat))
  const again = (kubernetes: Partial<Kubernetes> = {}) =>
    startTestExporter({
      ...options,
      kubernetes: { ...options.kubernetes, ...kubernetes },
      runDir: bus.dir,
      stateDir: join(dir, 'state'),
      onTestFinished,
    })
  const exporter = await again()
  // Ended first: an exporter without a bus does not wait for a last word.
  onTestFinished(() => bus.close())
  return {
    dir,
    bus,
    detector,
    exporter,
    again,
    wait(ms) {
      waitingMs = ms
    },
  }
}

/** A condition as a check would see it now. */
export function nodeCondition(changes: Partial<NodeCondition> = {}): NodeCondition {
  const now = new Date()
  const times = { since: now, statusSince: now, observed: now }
  return someCondition({ ...times, message: '20 % used', summary: '', ...changes })
}

export function badCondition(changes: Partial<NodeCondition> = {}): NodeCondition {
  return nodeCondition({
    status: 'True',
    health: 'problem',
    severity: 'critical',
    reason: 'AboveLimit',
    message: '96 % used',
    ...changes,
  })
}

export function nodeProblem(changes: Partial<Problem> = {}): Problem {
  const now = new Date()
  const times = { opened: now, changed: now, lastSeen: now }
  const words = { reason: 'AboveLimit', message: '96 % used', proofText: '' }
  return someProblem({ ...times, ...words, severity: 'warning', worst: 'warning', ...changes })
}

let eventCount = 0

export function nodeEvent(changes: Partial<NodeEvent> = {}): NodeEvent {
  const now = new Date()
  return {
    id: `event-${++eventCount}`,
    monitor: 'kernel',
    check: '',
    entity: '',
    severity: 'warning',
    reason: 'TaskHung',
    message: 'task docker:7 blocked for more than 120 seconds.',
    firstSeen: now,
    lastSeen: now,
    count: 1,
    ...changes,
  }
}
