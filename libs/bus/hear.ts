/** Listening to what the bus does not keep: over all connections, until it ends. */
import type { ConnectedBus } from './connect.ts'

/** What is heard, and by whom. */
export interface Hearing<T> {
  /** May have a wildcard. */
  readonly subject: string
  readonly decode: (bytes: Uint8Array) => T
  /** One that throws is logged, and hears the next. */
  readonly listener: (value: T) => void
  /** @param said the subject that it came by */
  readonly onPoison: (subject: string, said: string, err: unknown) => void
  readonly signal: AbortSignal
}

type Said = Pick<Hearing<Uint8Array>, 'subject' | 'signal'>

/** Anew with each connection, until aborted or ended. @returns its end */
export function subscribe(
  bus: ConnectedBus,
  { subject, signal }: Said,
  listener: (bytes: Uint8Array, said: string) => void,
): () => void {
  let unsubscribe: (() => void) | undefined
  const stop = bus.onConnection((nc) => {
    const subscription = nc.subscribe(subject, {
      callback: (err, message) => {
        if (err === null) listener(message.data, message.subject)
      },
    })
    unsubscribe = () => {
      if (!nc.isClosed()) subscription.unsubscribe()
    }
  })
  const end = () => {
    stop()
    unsubscribe?.()
  }
  signal.addEventListener('abort', end, { once: true })
  return () => {
    signal.removeEventListener('abort', end)
    end()
  }
}

/** Tells each value that can be decoded. @returns its end */
export function hear<T>(bus: ConnectedBus, { listener, decode, onPoison, ...of }: Hearing<T>): () => void {
  return subscribe(bus, of, (bytes, said) => {
    let value: T
    try {
      value = decode(bytes)
    } catch (err) {
      return onPoison(of.subject, said, err)
    }
    try {
      listener(value)
    } catch (err) {
      bus.log.error('what was heard on the bus could not be taken', { subject: of.subject, err })
    }
  })
}
