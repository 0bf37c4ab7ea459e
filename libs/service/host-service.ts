/** A service within its process: hosted once when it is alone, started again after a failure when it is one of several. */
import { createBackoff } from '#pace'
import { ServiceDownError } from './errors.ts'
import { type AnyDefinition, hostOnce, type Surroundings } from './hosted-turn.ts'
import type { Logger } from './types.ts'

/** Between a failure and the next start. A service that ran for a while begins with the short wait again. */
const RESTART_MS = { min: 500, max: 30_000, settledAfter: 60_000 } as const

/** A service of this process, to be run once. */
export interface HostedService {
  readonly name: string
  /** Resolves when it has stopped for good; rejects with what it failed of when it is alone, or with a ServiceDownError. */
  run(signal: AbortSignal): Promise<void>
}

export interface HostOptions extends Surroundings {
  readonly log: Logger
  /** A lone service that fails ends the process; one of several is started again, and its neighbours go on. */
  readonly alone: boolean
  /**
   * So many starts in a row may fail; then, and where it was down when it was asked to end, it rejects with a ServiceDownError.
   * Default: it is started again for as long as it takes.
   */
  readonly startTries?: number | undefined
}

/** Runs one service in this process: starts it, starts it again where it is not alone, drains and stops it. */
export function createHostedService(definition: AnyDefinition, options: HostOptions): HostedService {
  const { log, clock, alone, startTries = Number.POSITIVE_INFINITY } = options
  const { name } = definition

  async function run(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff({ minMs: RESTART_MS.min, maxMs: RESTART_MS.max })
    const asked = new AbortController()
    const drain = AbortSignal.any([signal, asked.signal])
    function requestStop(reason: string): void {
      if (drain.aborted) return
      log.info('service was asked to stop', { reason })
      asked.abort()
    }
    let failedStarts = 0
    let failed: { readonly err: unknown } | undefined
    while (!drain.aborted) {
      const beganMs = clock.monotonicMs()
      try {
        failedStarts++
        const onRunning = () => {
          failedStarts = 0
          failed = undefined
        }
        await hostOnce({ definition, around: options, log, signal: drain, requestStop, onRunning })
      } catch (err) {
        // What it failed of is logged with its last state.
        if (alone || drain.aborted) throw err
        if (failedStarts >= startTries) throw new ServiceDownError(name, 'does not start', err)
        failed = { err }
        if (clock.monotonicMs() - beganMs > RESTART_MS.settledAfter) backoff.reset()
        const waitMs = backoff.next()
        log.info('service starts again', { afterMs: Math.round(waitMs) })
        await clock.sleep(waitMs, drain).catch(() => undefined)
      }
    }
    if (failed !== undefined && Number.isFinite(startTries))
      throw new ServiceDownError(name, 'did not run when it was asked to end', failed.err)
  }

  return { name, run }
}
