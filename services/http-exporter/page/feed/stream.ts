/**
 * Follows `/stream` for as long as the page is open. Not an EventSource: that one neither says when it will try again
 * nor notices a server that has fallen silent.
 */
import type { StreamMessage } from '#view'
import { createEventParser } from './event-stream.ts'
import { type Link, REJOIN_MS, retryDelayMs, SILENT_MS, STEADY_MS } from './link.ts'

export interface StreamOptions {
  readonly url: URL
  readonly onMessage: (message: StreamMessage) => void
  readonly onLink: (link: Link) => void
}

export interface Stream {
  /** Does not wait for the next attempt. */
  retryNow(): void
}

/** The exporter answered, but not with the stream. */
class StreamRefusedError extends Error {
  readonly code = 'STREAM_REFUSED'
  constructor(status: number) {
    super(`/stream answered ${status}; it is asked again`)
    this.name = 'StreamRefusedError'
  }
}

/** Nothing came for too long. */
class StreamSilentError extends Error {
  readonly code = 'STREAM_SILENT'
  constructor() {
    super(`/stream said nothing for ${SILENT_MS / 1000} s; it is asked again`)
    this.name = 'StreamSilentError'
  }
}

/**
 * One connection. Resolves when the exporter ended it.
 * @throws StreamRefusedError, StreamSilentError, what fetch and `heard` throw
 */
async function follow(url: URL, lastId: string, heard: (chunk: string) => void): Promise<void> {
  const abort = new AbortController()
  function listen(): ReturnType<typeof setTimeout> {
    return setTimeout(() => abort.abort(new StreamSilentError()), SILENT_MS)
  }
  let silence = listen()
  try {
    const headers = new Headers({ accept: 'text/event-stream' })
    if (lastId !== '') headers.set('last-event-id', lastId)
    const response = await fetch(url, { headers, signal: abort.signal, cache: 'no-store' })
    if (!response.ok || response.body === null) throw new StreamRefusedError(response.status)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(silence)
      silence = listen()
      heard(value)
    }
  } finally {
    clearTimeout(silence)
    abort.abort()
  }
}

/** How a connection ended: it was a good one and may come back at once, or not. */
type Ending = 'steady' | 'failed'

export function openStream({ url, onMessage, onLink }: StreamOptions): Stream {
  let lastId = ''
  let live = false
  let late: ReturnType<typeof setTimeout> | undefined
  let wake: () => void = () => undefined

  /** Only a message says that what is shown is the present: a server may greet and have nothing to say. */
  function take(id: string, message: StreamMessage): void {
    lastId = id
    onMessage(message)
    clearTimeout(late)
    if (!live) onLink({ state: 'live' })
    live = true
  }

  async function attempt(): Promise<Ending> {
    const startedMs = performance.now()
    const parse = createEventParser(({ id, data }) => take(id, JSON.parse(data) as StreamMessage))
    let ending: Ending = 'steady'
    try {
      await follow(url, lastId, parse)
    } catch (err) {
      // What cannot be read is asked for anew, whole.
      if (err instanceof SyntaxError) lastId = ''
      if (err instanceof StreamSilentError) ending = 'failed'
    }
    clearTimeout(late)
    if (!live || performance.now() - startedMs < STEADY_MS) ending = 'failed'
    live = false
    return ending
  }

  function pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, delayMs)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  async function run(): Promise<void> {
    onLink({ state: 'connecting' })
    for (let failures = 0; ; ) {
      failures = (await attempt()) === 'steady' ? 0 : failures + 1
      if (failures === 0) {
        onLink({ state: 'rejoining' })
        late = setTimeout(() => onLink({ state: 'lost' }), REJOIN_MS)
        continue
      }
      const delayMs = retryDelayMs(failures)
      onLink({ state: 'lost', retryAtMs: performance.now() + delayMs })
      await pause(delayMs)
      onLink({ state: 'lost' })
    }
  }

  void run()
  return { retryNow: () => wake() }
}
