/**
 * Follows `/stream` for as long as the page is open. Not an EventSource: that one neither says when it will try again
 * nor notices a server that has fallen silent.
 */
import type { StreamMessage } from '#model'
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

/** One connection, until it ends, fails or falls silent. Resolves when the exporter ended it. */
async function follow(url: URL, lastId: string, heard: (chunk: string) => void): Promise<void> {
  const abort = new AbortController()
  let silence = setTimeout(() => abort.abort(), SILENT_MS)
  try {
    const headers =
      lastId === '' ? { accept: 'text/event-stream' } : { accept: 'text/event-stream', 'last-event-id': lastId }
    const response = await fetch(url, { headers, signal: abort.signal, cache: 'no-store' })
    if (!response.ok || response.body === null) throw new StreamRefusedError(response.status)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(silence)
      silence = setTimeout(() => abort.abort(), SILENT_MS)
      heard(value)
    }
  } finally {
    clearTimeout(silence)
    abort.abort()
  }
}

export function openStream({ url, onMessage, onLink }: StreamOptions): Stream {
  let lastId = ''
  let live = false
  let late: ReturnType<typeof setTimeout> | undefined
  let wake: () => void = () => undefined

  function heard(): void {
    clearTimeout(late)
    if (!live) onLink({ state: 'live' })
    live = true
  }

  async function attempt(): Promise<void> {
    const parse = createEventParser(({ id, data }) => {
      const message = JSON.parse(data) as StreamMessage
      lastId = id
      onMessage(message)
    })
    try {
      await follow(url, lastId, (chunk) => {
        heard()
        parse(chunk)
      })
    } catch (err) {
      // What cannot be read is asked for anew, whole.
      if (err instanceof SyntaxError) lastId = ''
    }
    clearTimeout(late)
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
      const startedMs = performance.now()
      await attempt()
      failures = live && performance.now() - startedMs >= STEADY_MS ? 0 : failures + 1
      live = false
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
