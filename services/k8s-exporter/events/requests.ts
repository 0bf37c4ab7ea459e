/** The requests behind an event: it is created, or its count is brought to what it is. */
import { type KubeClient, type KubeEvent, KubeStatusError } from '#kube'
import type { Logger } from '#service'
import { NodeUnknownError } from '../errors.ts'
import type { Limiter } from '../pace/limiter.ts'
import type { Pause } from '../pace/pause.ts'
import { type NodeReference, namespaceOf, renderEventObject, type Told } from './render.ts'

/** What became of an event, for the metrics. */
export type EventAction = 'created' | 'counted' | 'held_back' | 'failed' | 'expired'

export interface RequestOptions {
  readonly client: KubeClient
  readonly nodeName: string
  /** Of the events; "": as of things without one. */
  readonly namespace: string
  /** What the server knows the node as; undefined while that is not known. */
  readonly node: () => NodeReference | undefined
  readonly pause: Pause
  readonly limiter: Limiter
  readonly log: Logger
  readonly onAction: (action: EventAction, count: number) => void
  readonly signal: AbortSignal
}

/** Both reject when the server did not take it, and resolve when it never will: to try again is of no use. */
export interface EventRequests {
  create(told: Told): Promise<void>
  count(told: Told): Promise<void>
}

function isRefusal(err: unknown, reason: string): boolean {
  return err instanceof KubeStatusError && err.refusal.reason === reason
}

export function createEventRequests(options: RequestOptions): EventRequests {
  const { client, pause, limiter, log, signal, onAction } = options

  /** @throws unless the server has done it, or never will */
  async function ask(work: () => Promise<void>, told: Told): Promise<void> {
    await limiter.wait(false, signal)
    try {
      await work()
      pause.worked()
    } catch (err) {
      if (signal.aborted) throw err
      const failure = pause.failed(err)
      if (failure?.kind !== 'refused') throw err
      // To try again is of no use, and it must not hold up the others.
      pause.worked()
      log.error('event was refused by the API server and is not sent', {
        reason: told.reason,
        source: told.source,
        err,
      })
      onAction('failed', 1)
    }
  }

  async function create(told: Told): Promise<void> {
    return ask(async () => {
      try {
        await client.createEvent(objectOf(told), { signal })
        onAction('created', 1)
      } catch (err) {
        // Accepted before, and not acknowledged: it is there under this very name.
        if (!isRefusal(err, 'AlreadyExists')) throw err
        if (told.count > 1) await patchCount(told)
      }
    }, told)
  }

  async function count(told: Told): Promise<void> {
    return ask(async () => {
      try {
        await patchCount(told)
      } catch (err) {
        // The server has forgotten it (after an hour): it is told anew, with all that it stands for.
        if (!isRefusal(err, 'NotFound')) throw err
        await client.createEvent(objectOf(told), { signal })
      }
      onAction('counted', 1)
    }, told)
  }

  function objectOf(told: Told): KubeEvent {
    const node = options.node()
    if (node === undefined) throw new NodeUnknownError(options.nodeName)
    return renderEventObject(told, node, options.namespace)
  }

  async function patchCount(told: Told): Promise<void> {
    const { message, count: times, lastTimestamp } = objectOf(told)
    await client.patchEvent(
      namespaceOf(options.namespace),
      told.name,
      { count: times, lastTimestamp, message },
      { signal },
    )
  }

  return { create, count }
}
