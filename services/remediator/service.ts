/** Repairs what the configuration says may be repaired, inside safety limits that survive crashes and reboots. */
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type HeldLock, takeLock } from '#host'
import { defineService, type Readiness, type Service, type ServiceContext, startLoop } from '#service'
import { type RemediatorConfig, remediatorConfig } from './config.ts'
import { NotWorkingError } from './errors.ts'
import { createRemediatorMetrics } from './metrics.ts'
import { createRemediatorRpc } from './rpc.ts'
import { startWorking, type Working } from './working.ts'

const LOCK_AGAIN_MS = 5_000

function readinessOf(working: Working | undefined, waiting: string): Readiness {
  if (working === undefined) return { ready: false, reason: waiting }
  const { state, lastError } = working.bus
  if (state !== 'connected')
    return { ready: false, reason: `waiting for the bus${lastError === '' ? '' : `: ${lastError}`}` }
  if (!working.isKnown()) return { ready: false, reason: 'waiting for the first reading of the bus' }
  return { ready: true, reason: '' }
}

/** One acts on a node, whatever was installed twice: waits for its lock. @param waits told why, where that is another reason @returns undefined where the signal aborts */
async function lockOfNode(
  { clock, log, runDir }: Pick<ServiceContext<RemediatorConfig>, 'clock' | 'log' | 'runDir'>,
  signal: AbortSignal,
  waits: (reason: string) => void,
): Promise<HeldLock | undefined> {
  const path = join(runDir, 'remediator-lock', 'remediator.lock')
  let told = ''
  while (!signal.aborted) {
    // Where it cannot be made, the lock says why.
    await mkdir(dirname(path), { recursive: true, mode: 0o770 }).catch(() => undefined)
    const result = await takeLock(path, `pid ${process.pid}`)
    if (result.kind === 'held') return result.lock
    const reason =
      result.kind === 'taken'
        ? `another remediator (${result.by === '' ? 'unknown' : result.by}) acts on this node; it holds ${path}`
        : `cannot lock ${path}: ${result.why}`
    if (reason !== told) log.warn('this remediator does nothing', { reason })
    told = reason
    waits(reason)
    await clock.sleep(LOCK_AGAIN_MS, signal).catch(() => undefined)
  }
  return undefined
}

function createRemediator(context: ServiceContext<RemediatorConfig>): Service {
  const { clock, config, log } = context
  const metrics = createRemediatorMetrics(context.metrics)
  const ending = new AbortController()
  const { signal } = ending
  const { promise: failure, resolve: fail } = Promise.withResolvers<unknown>()
  let working: Working | undefined
  let lock: HeldLock | undefined
  let waiting = 'starting'
  let begun: Promise<void> = Promise.resolve()

  async function begin(): Promise<void> {
    lock = await lockOfNode(context, signal, (reason) => {
      waiting = reason
    })
    if (lock === undefined) return
    const { lost, isHeld } = lock
    void lost.then(() => fail(new NotWorkingError('the lock was lost')))
    const run = async () => void (await isHeld())
    startLoop({ signal, clock, log, name: 'lock', intervalMs: LOCK_AGAIN_MS, run })
    working = await startWorking(context, metrics, isHeld)
    working.ended.catch(fail)
    context.readinessChanged?.()
  }

  return {
    rpc: [
      createRemediatorRpc(() => {
        if (working === undefined) throw new NotWorkingError(waiting)
        return working.asked
      }),
    ],
    async start() {
      if (!config.remediation.enabled) {
        waiting = 'repairs are switched off'
        log.info('remediation.enabled is false: nothing is repaired')
      }
      begun = begin().catch(fail)
    },
    failure,
    readiness: () => readinessOf(working, waiting),
    async stop() {
      ending.abort(new Error('the remediator stops'))
      await begun
      await working?.end()
      await lock?.release()
    },
  }
}

/** One process of a node, where repairs are switched on. */
export const remediator = defineService<RemediatorConfig>({
  name: 'remediator',
  description: 'Repairs what the configuration says may be repaired.',
  config: remediatorConfig,
  create: createRemediator,
})
