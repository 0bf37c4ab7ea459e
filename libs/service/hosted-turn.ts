/** One life of one service: created, started, served on its socket, drained, stopped or failed. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BusDoor, EndOptions } from '#bus'
import { aborted, type Clock } from '#clock'
import type { Host } from '#host'
import { type RpcServer, serveUnix } from '#rpc'
import { socketOf } from '#service-table'
import { DrainTimeoutError } from './errors.ts'
import type { FlagValues } from './flags.ts'
import { createLife, type Life } from './life.ts'
import { createReadyFile, type ReadyFile, startLivenessFile } from './liveness.ts'
import { createMetrics } from './metrics.ts'
import { addProcessMetrics } from './process-metrics.ts'
import { watchReadiness } from './readiness.ts'
import type { Logger, ProcessConfig, Service, ServiceContext, ServiceDefinition } from './types.ts'

/** What draining may take where a definition does not say. */
export const DRAIN_DEADLINE_MS = 10_000
/** What calls that still run get after that before they are cut. */
const CLOSE_GRACE_MS = 500

/** A service of whatever configuration. */
// biome-ignore lint/suspicious/noExplicitAny: a process is a list of services of any configuration
export type AnyDefinition = ServiceDefinition<any, any>

export interface Surroundings {
  readonly version: string
  readonly config: ProcessConfig
  /** What a service's own flags were given as. Default: none was given. */
  readonly flags?: FlagValues
  readonly host: Host
  readonly clock: Clock
  /** Each service's way to the bus. */
  readonly bus: (options: EndOptions) => BusDoor
}

export interface Turn {
  readonly definition: AnyDefinition
  readonly around: Surroundings
  readonly log: Logger
  /** Aborted when the service is to drain. */
  readonly signal: AbortSignal
  readonly requestStop: (reason: string) => void
  /** Called when it has started. */
  readonly onRunning?: () => void
}

function contextOf(turn: Turn, signal: AbortSignal, readinessChanged: () => void): ServiceContext<unknown> {
  const { definition, log, requestStop } = turn
  const { config, flags = {}, host, clock, version, bus } = turn.around
  const { name } = definition
  const metrics = createMetrics()
  addProcessMetrics(metrics)
  const { nodeName, runDir, stateDir } = config.settings
  return {
    name,
    version,
    nodeName,
    config: definition.config(config, flags),
    runDir,
    stateDir,
    host,
    bus: bus({ name, log, clock }),
    clock,
    log,
    metrics,
    signal,
    requestStop,
    readinessChanged,
  }
}

/** Why the service takes no calls now. */
function refusalOf(name: string, life: Life): string {
  if (life.state === 'running') return ''
  return life.state === 'created' || life.state === 'starting' ? `${name} is starting` : `${name} is draining`
}

/** Starts it and waits until it has to go: asked to, or with what it failed of. */
async function work(service: Service, turn: Turn, life: Life, own: AbortSignal, onRunning: () => void): Promise<void> {
  const stop = aborted(turn.signal)
  await Promise.race([service.start(own), stop])
  if (turn.signal.aborted) return
  life.enter('running')
  turn.onRunning?.()
  onRunning()
  const failure = service.failure?.then((err) => {
    throw err
  })
  await Promise.race([stop, ...(failure ? [failure] : [])])
}

/** However little of a processor it has: whoever asked it to stop ends the process soon after, and does not ask why it hung. */
async function drain(service: Service, definition: AnyDefinition, clock: Clock): Promise<void> {
  const ms = definition.drainDeadlineMs ?? DRAIN_DEADLINE_MS
  const { promise: late, reject } = Promise.withResolvers<never>()
  const callOff = clock.after(ms, () => reject(new DrainTimeoutError(definition.name, ms)))
  try {
    await Promise.race([service.stop(), late])
  } finally {
    callOff()
  }
}

/** First cause wins; what fails later is logged beside it. */
function createFirstFailure(log: Logger) {
  let first: { readonly err: unknown } | undefined
  return {
    async note(part: Promise<unknown>): Promise<void> {
      try {
        await part
      } catch (err) {
        if (first === undefined) first = { err }
        else log.warn('stopping after a failure failed too', { err })
      }
    },
    get: () => first,
  }
}

/** Where a service says that its readiness changed, before and after somebody watches it. */
interface Watched {
  changed: () => void
}

/** @throws what the service failed of, after it has been drained and its life has ended as failed */
export async function hostOnce(turn: Turn): Promise<void> {
  const { definition, log, signal } = turn
  const life = createLife(definition.name, log)
  const ended = new AbortController()
  const own = AbortSignal.any([signal, ended.signal])
  const failure = createFirstFailure(log)
  let service: Service | undefined
  const watched: Watched = { changed: () => undefined }
  await failure.note(
    (async () => {
      service = await definition.create(contextOf(turn, own, () => watched.changed()))
    })(),
  )
  if (service !== undefined) await failure.note(runCreated(service, turn, life, own, watched, failure.note))
  ended.abort()
  const failed = failure.get()
  if (failed === undefined) return life.enter('stopped')
  life.enter('failed', { err: failed.err })
  throw failed.err
}

/** Where its files for probes stand. One that cannot be made is said when they cannot be written. */
async function folderOf({ folder }: Service, socketPath: string): Promise<string> {
  const beside = dirname(socketPath)
  if (folder === undefined || folder === beside) return beside
  await mkdir(folder, { recursive: true }).catch(() => undefined)
  return folder
}

/** From created to drained, whatever fails on the way. */
async function runCreated(
  service: Service,
  turn: Turn,
  life: Life,
  own: AbortSignal,
  watched: Watched,
  note: (part: Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { definition, log, around } = turn
  const { name } = definition
  const path = service.socketPath ?? socketOf({ name, kind: 'core' }, around.config.settings.runDir)
  let server: RpcServer | undefined
  let endLiveness: (() => void) | undefined
  let readyFile: ReadyFile | undefined
  const readiness = watchReadiness({
    service,
    life,
    clock: around.clock,
    log,
    onChange(serving) {
      server?.healthChanged()
      readyFile?.set(serving)
    },
  })
  watched.changed = readiness.changed

  async function serveAndWork(): Promise<void> {
    const folder = await folderOf(service, path)
    // The socket comes before what is written: a second instance is refused before it has touched anything.
    server = await serveUnix({
      path,
      place: service.socketPlace,
      services: service.rpc,
      serving: readiness.serving,
      refusal: () => refusalOf(name, life),
    })
    endLiveness = startLivenessFile(join(folder, 'alive'), around.clock, log)
    readyFile = createReadyFile(join(folder, 'ready'), around.clock, log)
    await work(service, turn, life, own, readiness.serving)
  }

  life.enter('starting')
  await note(serveAndWork())
  life.enter('draining')
  readiness.serving()
  await note(drain(service, definition, around.clock))
  readiness.end()
  endLiveness?.()
  await readyFile?.end()
  await server?.close(CLOSE_GRACE_MS)
}
