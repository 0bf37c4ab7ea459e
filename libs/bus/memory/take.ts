/** Taking a stream's messages in order, one at a time; each is done with once its effect is. */
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Clock } from '#clock'
import { restUnready } from '../rest-unready.ts'
import type { BusLog, StreamHandler, StreamName } from '../types.ts'
import type { Kept, MemoryStream } from './stream.ts'

/** After so many others have their turn: a handler that waits for nothing would leave them none. */
const MESSAGES_PER_TURN = 16
/** How long a refused message rests. */
const AGAIN_MS = 1000

/** Who takes what, from where. */
export interface Taking<T> {
  /** Its durable. */
  readonly service: string
  readonly name: StreamName
  readonly stream: MemoryStream
  readonly decode: (bytes: Uint8Array) => T
  readonly handler: StreamHandler<T>
  readonly signal: AbortSignal
  readonly ready: () => boolean
  readonly onReady: (listener: () => void) => () => void
  readonly onPoison: (stream: string, key: string, err: unknown) => void
  readonly clock: Clock
  readonly log: BusLog
}

/** From where the service left it, until the signal aborts. */
export async function take<T>(taking: Taking<T>): Promise<void> {
  const { service, stream, signal, ready, clock } = taking
  let refused = 0
  for (let handed = 0; !signal.aborted; ) {
    if (!ready()) {
      await restUnready(taking)
      continue
    }
    const { life } = stream
    const position = stream.takenUpTo(service)
    const next = stream.after(position)
    if (next === undefined) {
      await moved(stream, signal)
      continue
    }
    // A gap is told once.
    if (next.sequence > position + 1) tellGap(taking, next.sequence - position - 1)
    stream.taken(service, next.sequence - 1, life)
    if (await hand(taking, next, refused === next.sequence)) {
      stream.taken(service, next.sequence, life)
      if (++handed % MESSAGES_PER_TURN === 0) await nextTurn()
      continue
    }
    refused = next.sequence
    await clock.sleep(AGAIN_MS, signal).catch(() => undefined)
  }
}

function moved(stream: MemoryStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stop()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const stop = stream.onMove(end)
    signal.addEventListener('abort', end, { once: true })
  })
}

function tellGap<T>({ log, name, handler }: Taking<T>, missed: number): void {
  log.warn('messages fell out of a stream before they were read', { stream: name, missed })
  try {
    handler.gap(missed)
  } catch (err) {
    log.error('gap of a stream could not be taken', { stream: name, err })
  }
}

/** @returns whether it is done with */
async function hand<T>(taking: Taking<T>, { sequence, time, bytes }: Kept, redelivered: boolean): Promise<boolean> {
  const { name, handler, decode, onPoison, log } = taking
  let value: T
  try {
    value = decode(bytes)
  } catch (err) {
    onPoison(name, String(sequence), err)
    return true
  }
  try {
    await handler.message(value, { sequence, time, redelivered })
    return true
  } catch (err) {
    // Said once for each message: a destination that is away is tried each second.
    const say = redelivered ? log.debug : log.warn
    say('message of a stream was not taken and comes again', { stream: name, sequence, err })
    return false
  }
}
