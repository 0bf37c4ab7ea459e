/**
 * `/stream`: every reader gets the whole view first and each change after that. Changes are numbered, and the last of
 * them kept, so that a reader that comes back goes on where it was. A reader that does not keep up is let go.
 */
import type { NodeView, StreamMessage } from '#view'
import { createRing } from './ring.ts'

/** Server-sent events kept for readers that come back. */
export const RING_MESSAGES = 1024
export const RING_BYTES = 1024 ** 2

/** Readers at once. */
export const MAX_CLIENTS = 64

/** Unsent bytes of one reader: above the first it gets no beats and samples, above the second it is let go. */
export const SLOW_BYTES = 64 * 1024
export const STALLED_BYTES = 2 * 1024 ** 2

/** Where a reader's bytes go; a socket, or what a test gives. */
export interface Sink {
  write(chunk: string): void
  end(): void
  /** Cuts it off. */
  destroy(): void
  /** Bytes taken and not sent yet. */
  pending(): number
}

export interface HubStats {
  readonly clients: number
  /** Readers that were let go because they did not keep up. */
  readonly dropped: number
  /** Readers that found no place. */
  readonly refused: number
}

export interface Hub {
  /**
   * Takes a reader in and sends it what it misses. Undefined when there are too many, and after the end.
   * @param lastId what it got last, from `Last-Event-ID`
   * @returns its removal
   */
  join(sink: Sink, lastId: string | undefined): (() => void) | undefined
  /** A change: numbered, kept, sent to all. */
  publish(message: StreamMessage): void
  /** Beats and samples: sent to who keeps up, not kept. */
  tell(message: StreamMessage): void
  stats(): HubStats
  /** Ends all readers, and takes none any more. */
  close(): void
}

export interface HubOptions {
  /** Tells one process's numbers from another's. Letters and digits. */
  readonly epoch: string
  readonly view: () => NodeView
  /** The first reader came, or the last one went. Default: nobody is told. */
  readonly onFollowed?: (isFollowed: boolean) => void
}

function encode(message: StreamMessage, id?: string): string {
  // JSON has no raw line breaks, so that one message is one data line.
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
}

/** The last messages, numbered without a gap, for a reader that comes back. */
function createBacklog(epoch: string) {
  const ring = createRing({ texts: RING_MESSAGES, bytes: RING_BYTES })
  let sequence = 0
  return {
    get lastId(): string {
      return `${epoch}-${sequence}`
    },
    /** @returns the message as it is sent */
    add(message: StreamMessage): string {
      sequence++
      const chunk = encode(message, `${epoch}-${sequence}`)
      ring.push(chunk)
      return chunk
    },
    /** What came after this id, or undefined where that is not known any more. */
    since(lastId: string): readonly string[] | undefined {
      const id = /^(\w+)-(\d{1,15})$/.exec(lastId)
      const last = Number(id?.[2])
      if (id?.[1] !== epoch || last > sequence) return undefined
      const missed = sequence - last
      return missed <= ring.length ? ring.last(missed) : undefined
    },
  }
}

export function createHub({ epoch, view, onFollowed = () => undefined }: HubOptions): Hub {
  const clients = new Set<Sink>()
  const backlog = createBacklog(epoch)
  let dropped = 0
  let refused = 0
  let isClosed = false

  function leave(sink: Sink): void {
    if (clients.delete(sink) && clients.size === 0) onFollowed(false)
  }

  function send(sink: Sink, chunk: string): void {
    if (sink.pending() > STALLED_BYTES) {
      leave(sink)
      dropped++
      sink.destroy()
      return
    }
    sink.write(chunk)
  }

  return {
    join(sink, lastId) {
      if (isClosed || clients.size >= MAX_CLIENTS) {
        refused++
        return undefined
      }
      // Rendering may publish what waited: before this reader is in, it is in the view or in the ring.
      const now = view()
      const missed = lastId === undefined ? undefined : backlog.since(lastId)
      sink.write('retry: 2000\n\n')
      if (missed === undefined) send(sink, encode({ kind: 'node', node: now }, backlog.lastId))
      else for (const chunk of missed) sink.write(chunk)
      clients.add(sink)
      if (clients.size === 1) onFollowed(true)
      return () => leave(sink)
    },
    publish(message) {
      const chunk = backlog.add(message)
      for (const sink of clients) send(sink, chunk)
    },
    tell(message) {
      if (clients.size === 0) return
      const chunk = encode(message)
      for (const sink of clients) {
        if (sink.pending() > SLOW_BYTES) continue
        send(sink, chunk)
      }
    },
    stats: () => ({ clients: clients.size, dropped, refused }),
    close() {
      isClosed = true
      for (const sink of [...clients]) {
        sink.end()
        leave(sink)
      }
    },
  }
}
