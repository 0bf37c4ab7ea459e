/** Whose turn it is to write for the node: a lock on the host, waited for; and the way to the API server. */
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { type HeldLock, takeLock } from '#host'
import { findAccess, type KubeAccess } from '#kube'
import { createBackoff } from '#pace'
import type { Clock, Logger } from '#service'

const LOCK_AGAIN_MS = 5000

export interface TurnOptions {
  readonly lockPath: string
  readonly nodeName: string
  /** As node-problem-detector's `--apiserver-override`; "": not said. */
  readonly apiserver: string
  readonly kubeconfig: string | undefined
  readonly clock: Clock
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface Turn {
  /** Why neither lock nor server is had yet; said once in the log for each reason. */
  readonly waiting: string
  /** Resolves with the lock in hand; undefined once the signal aborts. */
  lock(): Promise<HeldLock | undefined>
  /** Resolves with a way to the server; undefined once the signal aborts. */
  server(): Promise<KubeAccess | undefined>
}

export function createTurn({ lockPath, nodeName, apiserver, kubeconfig, clock, log, signal }: TurnOptions): Turn {
  let waiting = 'starting'

  function wait(words: string, reason: string): void {
    if (reason !== waiting) log.warn(words, { reason })
    waiting = reason
  }

  async function takeOnce(): Promise<HeldLock | undefined> {
    await mkdir(dirname(lockPath), { recursive: true, mode: 0o770 }).catch(() => undefined)
    const who = `${process.env['POD_NAME'] ?? hostname()}, pid ${process.pid}`
    const result = await takeLock(lockPath, who)
    if (result.kind === 'held') return result.lock
    const reason =
      result.kind === 'taken'
        ? `another k8s-exporter (${result.by === '' ? 'unknown' : result.by}) writes for ${nodeName}; it holds ${lockPath}. This one waits; remove one of the two installations`
        : `cannot lock ${lockPath}: ${result.why}; mount the host's run directory there, writable for this user`
    wait('this exporter steps back', reason)
    return undefined
  }

  return {
    get waiting() {
      return waiting
    },
    async lock() {
      while (!signal.aborted) {
        const lock = await takeOnce()
        if (lock !== undefined) return lock
        await clock.sleep(LOCK_AGAIN_MS, signal).catch(() => undefined)
      }
      return undefined
    },
    async server() {
      const backoff = createBackoff({ minMs: 1000, maxMs: 60_000 })
      while (!signal.aborted) {
        try {
          return await findAccess({ apiserver, kubeconfig, env: process.env })
        } catch (err) {
          wait('there is no way to the API server yet', err instanceof Error ? err.message : String(err))
          await clock.sleep(backoff.next(), signal).catch(() => undefined)
        }
      }
      return undefined
    },
  }
}
