/** A monitor at work: its configured checks on their schedule, told on both protocols. */
import { randomInt } from 'node:crypto'
import { readOwnUse, type Service, within } from '#service'
import { type CheckParts, createCheckParts, type MonitorContext } from './check-parts.ts'
import { createCommonTypes } from './common-types.ts'
import { createFirstRuns } from './first-runs.ts'
import { followSource } from './follow.ts'
import { createReportOutbox } from './outbox.ts'
import { placeOf } from './place.ts'
import { createProtocols } from './protocols.ts'
import { scheduleCheck } from './schedule.ts'
import { createShared, type Shared } from './shared.ts'
import { createStrainWatch } from './strain-watch.ts'
import { createTelling, type Listeners } from './telling.ts'
import type { MonitorDefinition } from './types.ts'

/** Where it is served, and where probes look for it. */
function servedAt(
  { name }: MonitorDefinition,
  context: MonitorContext,
): Pick<Service, 'socketPath' | 'socketPlace' | 'folder'> {
  const { socketPath, socketPlace, folder } = placeOf({ ...context, name })
  return { socketPath, folder, ...(socketPlace !== undefined && { socketPlace }) }
}

/** What a check gets to notice that the monitor stops. */
const STOP_GRACE_MS = 500

/** Waits for what is under way and for what stands on the disk. A check that hangs does not hold the process: it is left behind. */
async function leave(
  turns: Promise<unknown>,
  parts: readonly CheckParts[],
  shared: Shared,
  { clock, log }: MonitorContext,
) {
  const settled = turns.then(() =>
    Promise.all(parts.flatMap(({ memory, cursors }) => [memory.settled(), cursors.end()])),
  )
  await within<unknown>(clock, settled, STOP_GRACE_MS, () => undefined)
  const closed = shared
    .close()
    .catch((err: unknown) => log.error('what the checks had together cannot be closed', { err }))
  await within<unknown>(clock, closed, STOP_GRACE_MS, () => undefined)
}

/**
 * @param readUse what its own limits say; of this process outside of tests
 * @throws CheckUnknownError
 */
export function createMonitor(definition: MonitorDefinition, context: MonitorContext, readUse = readOwnUse): Service {
  const { clock, log } = context
  const stopped = new AbortController()
  const { signal } = stopped
  const shared = createShared(definition, context, signal)
  const parts = createCheckParts(definition, context, shared.value)
  const runners = parts.map(({ runner }) => runner)
  const followers = runners.filter((runner) => runner.follow !== undefined).length
  const outbox = createReportOutbox(randomInt(1, 2 ** 47), undefined, followers)
  const common = createCommonTypes(runners, clock)
  const { send, tell } = createTelling(context, outbox, () => listeners, common)
  const { stretch, turned } = createStrainWatch({ monitor: definition.name, clock, log, readUse, signal, tell })
  const readinessChanged = () => context.readinessChanged?.()
  /** Only the first runs change readiness. */
  const onRan = () => firstRuns.isOpen && readinessChanged()
  const isPod = (process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== ''
  const checks = runners.map((runner, index) =>
    scheduleCheck(runner, index, { clock, signal, tell, stretch, onTurn: turned, onRan, isPod }),
  )
  for (const [index, { onWake }] of parts.entries()) onWake(() => checks[index]?.wake())
  const firstRuns = createFirstRuns(checks, clock)
  const served = { definition, context, outbox, runners, common, checks, firstRuns }
  const { native, external, room } = createProtocols(served)
  const listeners: Listeners = {
    get isWatched() {
      return native.isWatched
    },
    tell(report, isHeld) {
      external.happened(report.events, isHeld)
      native.tell(report)
    },
  }
  let turns: Promise<unknown> = Promise.resolve()

  const follow = ({ runner, cursors }: CheckParts) =>
    runner.follow === undefined
      ? undefined
      : followSource(runner, runner.follow, {
          clock,
          cursors,
          outbox: { room: () => room(runner.instance.name), onAcknowledged: outbox.onAcknowledged },
          signal,
          send: (run, isHeld) => send(run, isHeld, runner.instance.name).sequence,
        })

  return {
    rpc: [native.service, external.service],
    ...servedAt(definition, context),
    start(ending) {
      ending.addEventListener('abort', () => stopped.abort(ending.reason), { once: true })
      firstRuns.begin(signal, readinessChanged)
      turns = Promise.all([...checks.map((check) => check.turns()), ...parts.map(follow)])
      return Promise.resolve()
    },
    readiness: firstRuns.readiness,
    async stop() {
      stopped.abort(new Error(`monitor ${definition.name} stops`))
      native.end()
      await leave(turns, parts, shared, context)
    },
  }
}
