/** Whether a stream can be read at all: that it cannot is told only once it lasts, over one connection. */
import { ErrorCode, NatsError } from 'nats'
import { ApiError } from './ask.ts'
import { BusReaderUnknownError } from './errors.ts'
import { CONSUMER_NOT_FOUND } from './standing-config.ts'
import type { OnReadability, StreamName } from './types.ts'

/** A store is made, or found, in less. */
const TOLD_AFTER_MS = 10_000

/** What is known of it. */
export interface Readability {
  /** It was told that the bus knows of no such reader: only whoever makes the bus can change that. */
  readonly isHopeless: boolean
  /** @param over the connection; undefined: there is none, which is no fault of the stream */
  failed(err: unknown, over: object | undefined): void
  worked(): void
}

export interface ReadabilityOptions {
  readonly stream: StreamName
  readonly durable: string
  readonly monotonicMs: () => number
  readonly onReadability: OnReadability
}

/** The server has no such durable, or does not let this reader ask for it. */
function isUnknown(err: unknown): boolean {
  const cause = err instanceof Error ? err.cause : undefined
  if (cause instanceof ApiError) return cause.code === CONSUMER_NOT_FOUND
  return cause instanceof NatsError && cause.code === ErrorCode.PermissionsViolation
}

export function createReadability({ stream, durable, monotonicMs, onReadability }: ReadabilityOptions): Readability {
  let failing: { readonly over: object; readonly sinceMs: number } | undefined
  let told: Error | undefined

  function tell(err: unknown): void {
    if (isUnknown(err)) told = new BusReaderUnknownError(stream, durable, err)
    else told = err instanceof Error ? err : new Error(String(err))
    onReadability(told)
  }

  return {
    get isHopeless() {
      return told instanceof BusReaderUnknownError
    },
    failed(err, over) {
      if (over === undefined) failing = undefined
      else if (failing?.over !== over) failing = { over, sinceMs: monotonicMs() }
      else if (told === undefined && monotonicMs() - failing.sinceMs >= TOLD_AFTER_MS) tell(err)
    },
    worked() {
      failing = undefined
      if (told === undefined) return
      told = undefined
      onReadability(undefined)
    },
  }
}
