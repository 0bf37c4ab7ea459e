/** The detector in this process, its bus and sockets real. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig, type NodeDoctorConfig } from '#config'
import { createHost } from '#host'
import { DetectorService, type Node } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, type RpcClient, serveUnix } from '#rpc'
import { createLogger, createMetrics, createServerDoor, type Service, systemClock } from '#service'
import { detectorSlice } from './config.ts'
import { detector } from './service.ts'

export interface Running {
  readonly service: Service
  readonly client: RpcClient
  /** Its lines, as JSON. */
  readonly log: readonly string[]
  node(): Promise<Node>
  /** In order; once. */
  stop(): Promise<void>
}

export interface DetectorOptions {
  /** Holds its configuration, its run and state folders, and `plugins`, where sockets are looked for. */
  readonly dir: string
  readonly busPort: number
  /** Keys of the document in place of these. */
  readonly document?: Readonly<Record<string, unknown>>
  /** Which boot of the node it believes in; default the true one. */
  readonly bootId?: string | undefined
}

/** A configuration of a node without a monitor, its folders below `dir`. @param more keys of the document in place of these */
export async function loadTestConfig(
  dir: string,
  busPort: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<NodeDoctorConfig> {
  const file = join(dir, 'config.json')
  const document = {
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'test' },
    settings: { nodeName: 'n1', runDir: join(dir, 'run'), stateDir: join(dir, 'state') },
    bus: { port: busPort },
    defaultMonitors: [],
    monitors: [],
    ...more,
  }
  await writeFile(file, JSON.stringify(document))
  return loadConfig({ file, flags: [], env: {} })
}

/** Starts it, and hands it over before it has started, so that whoever cleans up knows of it. */
export async function startDetector(options: DetectorOptions, begun: (running: Running) => void): Promise<Running> {
  const { dir, busPort, bootId } = options
  const config = await loadTestConfig(dir, busPort, {
    detector: { monitorDirs: [join(dir, 'plugins')], lostAfter: '5s' },
    ...options.document,
  })
  const log: string[] = []
  const abort = new AbortController()
  const name = 'detector'
  const clock = systemClock()
  const logger = createLogger({
    component: name,
    level: 'debug',
    format: 'json',
    write: (line) => void log.push(line),
  })
  const service = await detector.create({
    name,
    version: '1.0.0',
    nodeName: 'n1',
    config: detectorSlice(config),
    runDir: config.settings.runDir,
    stateDir: config.settings.stateDir,
    host: { ...createHost({ root: '' }), ...(bootId !== undefined && { bootId: () => Promise.resolve(bootId) }) },
    bus: createServerDoor({ name, log: logger, clock, config }),
    clock,
    log: logger,
    metrics: createMetrics(),
    signal: abort.signal,
  })
  const path = service.socketPath ?? ''
  const server = await serveUnix({ path, services: service.rpc, serving: () => service.readiness().ready })
  const client = connectUnix(path)
  let stopped = false
  const running: Running = {
    service,
    client,
    log,
    async node() {
      const { node } = await client.call(DetectorService.getNode, {}, { timeoutMs: 2000 })
      if (node === undefined) throw new Error('no node')
      return node
    },
    async stop() {
      if (stopped) return
      stopped = true
      abort.abort()
      client.close()
      await service.stop()
      await server.close(100)
    },
  }
  begun(running)
  await service.start(abort.signal)
  return running
}
