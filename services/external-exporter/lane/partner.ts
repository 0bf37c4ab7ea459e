/** The exporter at its socket: who it says it is, and what it takes. */
import { lstatSync } from 'node:fs'
import {
  type ExporterMetadata,
  type ExportRequest,
  ExternalExporterService,
} from '#proto/npd/external/v1/external_exporter.ts'
import { connectUnix, RpcError } from '#rpc'
import type { Clock, Logger } from '#service'
import { NotTakenError } from '../errors.ts'

/**
 * One that only ended the connection is met again after so long at the soonest, and after twice as long each time that it does so: there are
 * those that end every connection that rests, and know all that they knew.
 */
const MEET_AGAIN_MS = 60_000
const MEET_AGAIN_MAX_MS = 3_600_000

/** What became of a call. */
export type Result = 'taken' | 'refused' | 'deadline' | 'unavailable' | 'failed'

export interface Partner {
  /** @throws NotTakenError, RpcError; the same content is then to be given again */
  give(request: ExportRequest, signal: AbortSignal): Promise<void>
  /** Which file the socket is now: another one is another exporter. */
  place(): string
  /** The one that was met is there no more, and somebody is: it may know nothing of what was told. Asks nobody. */
  isAnother(): boolean
  close(): void
}

export interface PartnerOptions {
  readonly name: string
  readonly socketPath: string
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: Logger
  /** It took the connection: what an earlier process at this socket knew, this one may not know. */
  readonly onMet: () => void
}

/** What a call that failed is counted as. */
export function resultOf(err: unknown): Result {
  if (err instanceof NotTakenError) return 'refused'
  if (!(err instanceof RpcError)) return 'failed'
  const results = { DEADLINE_EXCEEDED: 'deadline', UNAVAILABLE: 'unavailable' } as const
  return results[err.code as keyof typeof results] ?? 'failed'
}

function placeOf(path: string): string {
  try {
    // Not when it was changed: many give it its mode once it is there.
    const { dev, ino, birthtimeMs } = lstatSync(path)
    return `${dev} ${ino} ${birthtimeMs}`
  } catch {
    return ''
  }
}

/** What is said of it in the log: what anybody may write there is cut. */
function shown({ name, version, description, apiVersion }: ExporterMetadata) {
  const [says, as, does, api] = [name, version, description, apiVersion].map((text) =>
    text.slice(0, 128).toWellFormed(),
  )
  return { says, version: as, description: does, apiVersion: api }
}

/** Connects when it is first given something. It is never asked to stop: others may use it, too. */
export function createPartner({ name, socketPath, timeoutMs, clock, log, onMet }: PartnerOptions): Partner {
  const client = connectUnix(socketPath, { clock })
  /** Where it was met; the connection itself comes back unseen. */
  let metAt = ''
  let metMs = 0
  let meetAgainMs = MEET_AGAIN_MS

  /** Also where the file is the same, as of who is started by its socket. */
  function hasChanged(place: string): boolean {
    return place !== metAt || (!client.isConnected() && clock.monotonicMs() - metMs >= meetAgainMs)
  }

  /** @throws RpcError where it is not there, or hangs; what it does not say is its own matter */
  async function meet(place: string, signal: AbortSignal): Promise<void> {
    try {
      const metadata = await client.call(ExternalExporterService.getMetadata, {}, { timeoutMs, signal })
      log.info('connected to external exporter', { exporter: name, socket: socketPath, ...shown(metadata) })
    } catch (err) {
      if (signal.aborted || ['unavailable', 'deadline'].includes(resultOf(err))) throw err
      log.warn('connected to external exporter, which does not say who it is', {
        exporter: name,
        socket: socketPath,
        err,
      })
    }
    const nowMs = clock.monotonicMs()
    const isSoon = place === metAt && nowMs - metMs < 2 * MEET_AGAIN_MAX_MS
    meetAgainMs = isSoon ? Math.min(2 * meetAgainMs, MEET_AGAIN_MAX_MS) : MEET_AGAIN_MS
    metAt = place
    metMs = nowMs
    onMet()
  }

  return {
    async give(request, signal) {
      try {
        const place = placeOf(socketPath)
        if (place === '' || hasChanged(place)) await meet(place, signal)
        const answer = await client.call(ExternalExporterService.exportProblems, request, { timeoutMs, signal })
        if (!answer.success) throw new NotTakenError(socketPath, answer.error)
      } catch (err) {
        if (resultOf(err) === 'unavailable') metAt = ''
        throw err
      }
    },
    place: () => placeOf(socketPath),
    isAnother() {
      const place = placeOf(socketPath)
      return metAt !== '' && place !== '' && hasChanged(place)
    },
    close: client.close,
  }
}
