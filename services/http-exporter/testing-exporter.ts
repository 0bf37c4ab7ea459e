/** The real exporter on free ports, with a real bus when a test asks for one. */
import { join } from 'node:path'
import { type NodeDoctorConfig, type NpdTold, parseConfig } from '#config'
import { createHost } from '#host'
import { addProcessMetrics, createMetrics, createServerDoor, type Service, systemClock } from '#service'
import type { StreamMessage } from '#view'
import { startTestBus, type TestBus } from '../../libs/bus/testing.ts'
import { startTestDetector, type TestDetector } from '../../libs/bus/testing-detector.ts'
import { readGo } from '../../libs/config/dialects/go/read.ts'
import { httpExporterConfig } from './config.ts'
import { httpExporter } from './service.ts'
import { type RecordedLog, recordingLog, scratchFolder } from './testing.ts'

type OnFinished = (work: () => Promise<void>) => void

export interface TestExporter {
  readonly service: Service
  readonly log: RecordedLog
  readonly stateDir: string
  /** Base addresses, without the last slash; undefined while a port is not listened on. */
  readonly http: () => string | undefined
  readonly prometheus: () => string | undefined
  stop(): Promise<void>
}

export interface ExporterOptions {
  readonly runDir: string
  readonly stateDir: string
  /** What the configuration has beside its head. */
  readonly document?: string
  readonly http?: Partial<NodeDoctorConfig['exporters']['http']>
  readonly prometheus?: Partial<NodeDoctorConfig['exporters']['prometheus']>
  readonly npd?: Partial<NodeDoctorConfig['exporters']['npd']>
  readonly npdTold?: NpdTold
  readonly onTestFinished: OnFinished
}

const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: test }\n'

export async function startTestExporter(options: ExporterOptions): Promise<TestExporter> {
  const text = `${HEAD}settings: { nodeName: worker-7 }\n${options.document ?? ''}`
  const full = parseConfig(text, '/etc/node-doctor/config.yaml', { env: {}, flags: [], dialect: readGo })
  const slice = httpExporterConfig(full)
  const config = {
    ...slice,
    http: { ...slice.http, bindAddress: '127.0.0.1', hostPort: 0, ...options.http },
    prometheus: { ...slice.prometheus, bindAddress: '127.0.0.1', port: 0, ...options.prometheus },
    npd: { ...slice.npd, ...options.npd },
    npdTold: options.npdTold ?? slice.npdTold,
  }
  const log = recordingLog()
  const metrics = createMetrics()
  addProcessMetrics(metrics)
  const name = 'http-exporter'
  const clock = systemClock()
  const settings = { ...full.settings, runDir: options.runDir }
  const service = await httpExporter.create({
    name,
    version: '0.1.0',
    nodeName: 'worker-7',
    config,
    runDir: options.runDir,
    stateDir: options.stateDir,
    host: createHost({ root: '' }),
    bus: createServerDoor({ name, log, clock, config: { ...full, settings } }),
    clock,
    log,
    metrics,
    signal: new AbortController().signal,
  })
  await service.start(new AbortController().signal)
  options.onTestFinished(() => service.stop())
  const urls = (): string[] =>
    log.lines.filter(({ message }) => message === 'listening').map(({ fields }) => String(fields['url']).slice(0, -1))
  const port = { http: config.http.enabled, prometheus: config.prometheus.enabled }
  return {
    service,
    log,
    stateDir: options.stateDir,
    http: () => (port.http ? urls()[0] : undefined),
    prometheus: () => urls().at(-1),
    stop: () => service.stop(),
  }
}

/** A bus, a detector and an exporter that has read everything once. */
export async function startTestNode(
  onTestFinished: OnFinished,
  options: Partial<ExporterOptions> = {},
): Promise<{ bus: TestBus; detector: TestDetector; exporter: TestExporter; url: string }> {
  const bus = await startTestBus()
  onTestFinished(() => bus.close())
  const detector = await startTestDetector(bus)
  const stateDir = options.stateDir ?? join(await scratchFolder(onTestFinished), 'state')
  const exporter = await startTestExporter({ ...options, runDir: bus.dir, stateDir, onTestFinished })
  await until(() => exporter.service.readiness().ready)
  return { bus, detector, exporter, url: exporter.http() ?? '' }
}

/** Asks forty times a second, below what one address may ask, until it holds. @throws after ten seconds */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ten seconds: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export interface StreamReader {
  readonly messages: StreamMessage[]
  /** Of the last message that had one. */
  readonly lastId: () => string
  /** The next message that fits; those before it stay in `messages`. */
  next(fits: (message: StreamMessage) => boolean): Promise<StreamMessage>
  close(): void
  readonly ended: Promise<void>
}

/** A reader of `/stream` as a browser's EventSource is one. */
export async function openStream(url: string, lastEventId?: string): Promise<StreamReader> {
  const abort = new AbortController()
  const response = await fetch(`${url}/stream`, {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  if (!response.ok || response.body === null) throw new Error(`/stream answered ${response.status}`)
  const messages: StreamMessage[] = []
  const waiting: (() => void)[] = []
  let lastId = ''
  async function read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let buffer = ''
    for await (const chunk of body) {
      buffer += decoder.decode(chunk, { stream: true })
      const events = buffer.split('\n\n')
      buffer = events.pop() ?? ''
      for (const event of events) {
        lastId = /^id: (.*)$/m.exec(event)?.[1] ?? lastId
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (data !== undefined) messages.push(JSON.parse(data) as StreamMessage)
      }
      for (const wake of waiting.splice(0)) wake()
    }
  }
  const ended = read(response.body).catch(() => undefined)
  return {
    messages,
    lastId: () => lastId,
    async next(fits) {
      for (let index = 0; ; index++) {
        while (index >= messages.length) {
          await new Promise<void>((resolve) => {
            waiting.push(resolve)
          })
        }
        const message = messages[index]
        if (message !== undefined && fits(message)) return message
      }
    },
    close: () => abort.abort(),
    ended,
  }
}
