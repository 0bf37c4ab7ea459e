/** One Watch of nodedoctor.v1: what came, when, and what is said down. */
import type { Clock } from '#clock'
import { MESSAGE_BYTES } from '#model'
import { MonitorService, type WatchRequest } from '#proto/nodedoctor/v1/monitor.ts'
import { RpcError } from '#rpc'
import type { Line } from './line.ts'
import type { Heard, Stream } from './types.ts'
import { failedWords } from './verdict.ts'

/** What one stream may bring: more than any plug-in has to tell, and less than fills the memory. */
const HEARD_MAX = 20_000
const START = { maxReportsPerSecond: 1000, maxMessageBytes: MESSAGE_BYTES }

export interface Watcher {
  /** As it is so far. */
  readonly stream: Stream
  /** Whether something like that came, from the `from`-th message on, before the time was over or the stream ended. */
  until(isIt: (heard: Heard) => boolean, limitMs: number, from?: number): Promise<boolean>
  say(request: WatchRequest['request']): void
  /** As a detector that was killed. */
  leave(): Promise<void>
}

/** Tells whoever waits that something came. */
function createBell(clock: Clock) {
  let ring = Promise.withResolvers<void>()
  return {
    ring() {
      ring.resolve()
      ring = Promise.withResolvers<void>()
    },
    /** Until it rings, or so long. */
    async heard(ms: number): Promise<void> {
      const over = new AbortController()
      const sleep = clock.sleep(ms, over.signal).catch(() => undefined)
      await Promise.race([ring.promise, sleep])
      over.abort()
    },
  }
}

function errorWords(err: unknown): string {
  if (err instanceof RpcError) return failedWords(err)
  return err instanceof Error ? err.message : String(err)
}

/** Begins to watch. */
export function startWatching({ client, clock }: Line): Watcher {
  const abort = new AbortController()
  const heard: Heard[] = []
  const bell = createBell(clock)
  let error = ''
  let isOver = false
  const { responses, send } = client.bidiStream(MonitorService.watch, abort.signal)

  async function listen(): Promise<void> {
    try {
      for await (const value of responses) {
        heard.push({ value, at: clock.now() })
        bell.ring()
        if (heard.length === HEARD_MAX) break
      }
      const why = heard.length === HEARD_MAX ? `it sent ${HEARD_MAX} messages, and no end` : 'it ended the stream'
      if (!abort.signal.aborted) error = why
    } catch (err) {
      error = errorWords(err)
    }
    isOver = true
    bell.ring()
  }
  send({ request: { $case: 'start', value: START } })
  const listening = listen()

  return {
    get stream() {
      return { heard: [...heard], error }
    },
    async until(isIt, limitMs, from = 0) {
      const untilMs = clock.monotonicMs() + limitMs
      for (let next = from; ; ) {
        for (; next < heard.length; next++) if (isIt(heard[next] as Heard)) return true
        const leftMs = untilMs - clock.monotonicMs()
        if (isOver || leftMs <= 0) return false
        await bell.heard(leftMs)
      }
    },
    say: (request) => void send({ request }),
    leave() {
      abort.abort()
      return listening
    },
  }
}
