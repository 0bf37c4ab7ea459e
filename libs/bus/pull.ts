/**
 * Asking for the next message of a durable, one at a time, on one connection. The client's own consumers are not used:
 * readers know the questions under a prefix of their own, and a race against the connection's end must not pile up.
 */
import { createInbox, type Msg, type NatsConnection, nanos } from 'nats'
import { type Clock, patiently, systemClock } from '#clock'
import { BusStoreError } from './errors.ts'
import { inboxPrefix } from './permissions.ts'

/** How long one question waits for a message. The server answers it with {@link STATUS_TIMEOUT} then. */
const EXPIRES_MS = 10_000
const OVERDUE_MS = 2000
const STATUS_NO_MESSAGES = 404
const STATUS_TIMEOUT = 408

export interface Pull {
  /** undefined: none within the time, or closed. @throws BusStoreError when the durable is gone or nobody answers */
  next(): Promise<Msg | undefined>
  /** Ends a `next` that waits. Idempotent. */
  close(): void
}

export interface PullOptions {
  readonly nc: NatsConnection
  readonly api: string
  readonly stream: string
  readonly durable: string
  /** Whose inbox the answers come to. Default the durable's own name. */
  readonly user?: string
  /** Default one of its own. */
  readonly clock?: Clock
}

export function createPull({ nc, api, stream, durable, user = durable, clock = systemClock() }: PullOptions): Pull {
  const inbox = createInbox(inboxPrefix(user))
  const question = `${api}.CONSUMER.MSG.NEXT.${stream}.${durable}`
  const body = JSON.stringify({ batch: 1, expires: nanos(EXPIRES_MS) })
  let waiting: { resolve(message: Msg | undefined): void; reject(err: unknown): void } | undefined
  let early: Msg[] = []
  let closed = false

  function settle(act: (of: NonNullable<typeof waiting>) => void): void {
    const one = waiting
    waiting = undefined
    if (one !== undefined) act(one)
  }

  function failed(why: string): BusStoreError {
    return new BusStoreError(`reading ${stream}`, new Error(why))
  }

  function take(message: Msg): void {
    const status = message.headers?.code ?? 0
    if (status === 0) {
      if (waiting === undefined) early.push(message)
      else settle(({ resolve }) => resolve(message))
    } else if (status === STATUS_NO_MESSAGES || status === STATUS_TIMEOUT) settle(({ resolve }) => resolve(undefined))
    else settle(({ reject }) => reject(failed(`${status} ${message.headers?.description ?? ''}`.trim())))
  }

  const subscription = nc.subscribe(inbox, {
    callback: (err, message) => {
      if (err === null) take(message)
      else settle(({ reject }) => reject(err))
    },
  })

  return {
    next() {
      const one = early.shift()
      if (one !== undefined) return Promise.resolve(one)
      if (closed) return Promise.resolve(undefined)
      return new Promise((resolve, reject) => {
        const late = () => settle((of) => of.reject(failed('no answer in time')))
        const callOff = patiently(clock, EXPIRES_MS + OVERDUE_MS, late)
        waiting = {
          resolve: (message) => {
            callOff()
            resolve(message)
          },
          reject: (err) => {
            callOff()
            reject(err)
          },
        }
        nc.publish(question, body, { reply: inbox })
      })
    },
    close() {
      closed = true
      early = []
      if (!nc.isClosed()) subscription.unsubscribe()
      settle(({ resolve }) => resolve(undefined))
    },
  }
}
