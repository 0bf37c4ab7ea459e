/** The remediator at work: journal, bus, desk, and who carries acts out. Wiring only. */
import { join } from 'node:path'
import type { Bus, Publication } from '#bus'
import type { Act } from '#model'
import { blockOf, limitsOf, rungsOf } from '#remedies'
import { readTold, type ServiceContext, startLoop } from '#service'
import { socketOf } from '#service-table'
import { type Asked, createAsked } from './asked/asked.ts'
import { pausedOf } from './asked/held-back.ts'
import { absentCarrier } from './carry/absent.ts'
import { createRunner } from './carry/runner.ts'
import type { Carrier } from './carry/types.ts'
import { whileUp } from './carry/while-up.ts'
import { asItsAct, type Cluster, createCluster } from './cluster/cluster.ts'
import type { Machine } from './cluster/whose.ts'
import type { RemediatorConfig } from './config.ts'
import { breakersOf } from './desk/breakers.ts'
import { createDesk, type Desk } from './desk/desk.ts'
import type { DeskOptions } from './desk/types.ts'
import type { Mute } from './gates/types.ts'
import { holdsByHours } from './know/hours.ts'
import { createKnown } from './know/known.ts'
import { createLookAsker } from './look.ts'
import { type Identity, identityOf } from './machine-id.ts'
import type { Readings, RemediatorMetrics } from './metrics.ts'
import { openSafety, type Safety } from './safety/safety.ts'

const METRICS_MS = 15_000
/** What is on its way to the bus when it ends is told at the next start too. */
const SETTLED_MS = 2_000

/** What works. */
export interface Working {
  readonly bus: Bus
  readonly safety: Safety
  readonly asked: Asked
  /** Whether the buckets were read. */
  isKnown(): boolean
  /** Rejects with what nobody foresaw. */
  readonly ended: Promise<unknown>
  end(): Promise<void>
}

type Rung = Parameters<DeskOptions['carrierOf']>[0]
type Context = ServiceContext<RemediatorConfig>
type ReaderOptions = Parameters<Awaited<ReturnType<Context['bus']['open']>>['reader']>[0]

/** What holds repairs back by the node, and by the hours. */
function withHours(mute: Mute, { holds, disruptiveHolds }: ReturnType<typeof holdsByHours>): Mute {
  return {
    ...mute,
    holds: [...mute.holds, ...holds],
    disruptiveHolds: [...mute.disruptiveHolds, ...disruptiveHolds],
  }
}

/** Whoever carries out what, by who does it. */
function createCarriers({ config, runDir, clock, log }: Context) {
  const host = createRunner({
    socket: socketOf({ name: 'host-actions', kind: 'core' }, runDir),
    name: 'host-actions',
    clock,
    log,
  })
  const external = new Map(
    config.remediation.actions.map(({ name, socketPath: socket, timeoutMs: askMs }) => [
      name,
      createRunner({ socket, name, askMs, clock, log }),
    ]),
  )
  const carrierOf = ({ by, strategy }: Rung, { target }: Act, cluster: Cluster): Carrier => {
    if (by === 'host') return host
    if (by === 'remediator') return cluster.carrierOf(strategy)
    const [name = ''] = target.replace(/^external:/, '').split('/')
    const found = external.get(name)
    if (found === undefined) return absentCarrier(`no plug-in ${name} is configured in remediation.actions`)
    return whileUp(found, host)
  }
  const runners = [['host-actions', host] as const, ...external]
  const up = new Map<string, boolean>()
  return {
    host,
    carrierOf,
    /** As `ask` heard it last. */
    up: (): ReadonlyMap<string, boolean> => up,
    /** Those of them that did not answer. */
    silent: () => [...up].filter(([, isUp]) => !isUp).map(([name]) => name),
    async ask() {
      await Promise.all(runners.map(async ([name, runner]) => up.set(name, await runner.isUp())))
    },
    close() {
      for (const [, runner] of runners) runner.close()
    },
  }
}

/** What the desk decides with, of what is open; and the cluster, as far as there is one. */
function deskOptions(
  context: Context,
  parts: Pick<DeskOptions, 'safety' | 'known' | 'look'> & {
    readonly carriers: ReturnType<typeof createCarriers>
    readonly changed: () => void
    readonly machine: Machine
    readonly signal: AbortSignal
  },
): { readonly options: DeskOptions; readonly cluster: Cluster } {
  const { clock, config, log, nodeName, version } = context
  const { remediation, settings } = config
  const { carriers, changed, machine, signal, ...known } = parts
  const { safety, look } = known
  const ladderOf: DeskOptions['ladderOf'] = (problem) =>
    rungsOf(blockOf(config, { check: problem.check, monitor: problem.source }), remediation, problem).map(asItsAct)
  const cluster = createCluster({
    ...{ nodeName, version, kubeconfig: settings.kubeconfig, lease: remediation.lease },
    ...{ safety, known: known.known, look, ladderOf, changed, clock, log, signal },
    ...{ machine, host: carriers.host, limits: limitsOf(config) },
    withHours: (mute) => withHours(mute, holdsByHours(remediation, clock.now(), safety.nowMs())),
  })
  const options: DeskOptions = {
    ...known,
    ...{
      clock,
      log,
      ladderOf,
      limits: limitsOf(config),
      lease: cluster.lease,
      before: cluster.before,
      standing: cluster.standing,
    },
    carrierOf: (rung, act) => carriers.carrierOf(rung, act, cluster),
    mute: cluster.mute,
    left: cluster.left,
  }
  return { options, cluster }
}

/** What is counted, read where it is. */
function readingsOf(
  { safety, limits }: DeskOptions,
  { desk, publication, runnersUp }: Pick<Readings, 'runnersUp'> & { desk: Desk; publication: Publication },
): Readings {
  return {
    isWaiting: () => publication.status().isWaiting,
    refused: () => publication.status().refused,
    isJournalWell: () => safety.trouble === undefined,
    isPaused: () => pausedOf(safety.state, safety.nowMs()) !== undefined,
    openBreakers: () => breakersOf(safety.state, limits, safety.nowMs()).size,
    isRunning: () => desk.running !== undefined,
    runnersUp,
  }
}

/** The journal of this machine, in this boot. It has one writer, whatever run folder another process was given. @throws NotWorkingError */
function openJournalOf(
  context: Context,
  { bootId, identity }: { readonly bootId: string; readonly identity: Identity },
  parts: Pick<Parameters<typeof openSafety>[0], 'isTheOne' | 'onRecord'>,
): Promise<Safety> {
  const { clock, log, name, runDir, stateDir, version } = context
  const { identity: machineId, formerly } = identity
  // In the run folder, which is no disk: what the journal has no room for has some there.
  const unwrittenPath = join(runDir, 'remediator-lock', 'unwritten.json')
  return openSafety({
    ...{ dir: join(stateDir, name), machineId, formerly, bootId, version, clock, log, unwrittenPath },
    ...parts,
  })
}

/** The bus and its reader. @param undo closes them */
async function openBus(context: Context, options: ReaderOptions, undo: AsyncDisposableStack) {
  const { bus, reader } = await context.bus.open()
  undo.defer(() => bus.close())
  return { bus, reader: reader(options) }
}

/** Tells what it counts: as soon as the bus is there, and each quarter of a minute, after a look at who carries acts out. */
function startTelling(
  {
    bus,
    clock,
    log,
    metrics,
    reader,
    readinessChanged,
  }: Pick<Context, 'clock' | 'log' | 'metrics' | 'readinessChanged'> & Awaited<ReturnType<typeof openBus>>,
  look: () => Promise<void>,
  signal: AbortSignal,
) {
  const tell = async () => reader.publishMetrics(await readTold(metrics))
  bus.onState((state) => {
    readinessChanged?.()
    if (state === 'connected') void tell()
  })
  const run = async () => {
    await look()
    await tell()
  }
  return startLoop({ signal, clock, log, name: 'metrics', intervalMs: METRICS_MS, run })
}

/** @param isTheOne whether this process still has the lock of the node @throws what kept it from beginning; nothing of it stays open then */
export async function startWorking(
  context: Context,
  metrics: RemediatorMetrics,
  isTheOne: () => Promise<boolean>,
): Promise<Working> {
  const { clock, log } = context
  const ending = new AbortController()
  const { signal } = ending
  let publication: Publication | undefined
  const bootId = await context.host.bootId()
  const identity = await identityOf(context, signal)
  const machine = { bootId, machineId: identity.machineId }
  const onRecord = (): void => publication?.wake()
  await using undo = new AsyncDisposableStack()
  const safety = await openJournalOf(context, { bootId, identity }, { isTheOne, onRecord })
  undo.defer(() => safety.close())
  const { bus, reader } = await openBus(context, { signal, onPoison: metrics.undecodable }, undo)
  let isGoingDown = false
  let wake = (): void => undefined
  const changed = () => {
    wake()
    context.readinessChanged?.()
  }
  const known = createKnown({ reader, safety, clock, changed, isGoingDown: () => isGoingDown, signal })
  const carriers = createCarriers(context)
  const looks = createLookAsker(context.runDir, log)
  undo.defer(() => void [ending.abort(new Error('it did not begin')), carriers.close(), looks.close()])
  const parts = { safety, known, look: looks.look, carriers, changed, machine, signal }
  const { options, cluster } = deskOptions(context, parts)
  publication = reader.publishRecords(safety.ring, signal)
  const desk = createDesk(options, signal)
  wake = desk.wake
  metrics.read(readingsOf(options, { desk, publication, runnersUp: carriers.up }))
  const ask = async () => {
    if (options.limits.enabled.isOn) await carriers.ask()
  }
  const loop = startTelling({ ...context, bus, reader }, ask, signal)
  const working = desk.run()
  undo.move()
  return {
    bus,
    safety,
    asked: createAsked(options, changed, carriers.silent),
    isKnown: () => known.isKnown(),
    ended: Promise.all([working, loop.ended, cluster.ended]),
    async end() {
      isGoingDown = true
      await publication?.settled(SETTLED_MS)
      ending.abort(new Error('the remediator stops'))
      // What it failed of was told.
      await working.catch(() => undefined)
      carriers.close()
      cluster.close()
      looks.close()
      await safety.close()
      await bus.close()
    },
  }
}
