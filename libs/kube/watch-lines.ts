/** What comes on a watch, line by line: bounded, and never silent for longer than a server that lives would be. */
import { type Clock, createDeadline } from '#clock'
import { KubeWatchError } from './errors.ts'
import type { Opened } from './request.ts'

/** One line of a watch. */
export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: Readonly<Record<string, unknown>>
}

/** How a watch is read. */
export interface WatchReading {
  readonly clock: Clock
  /** "watch pods" */
  readonly what: string
  /** Nothing may come for so long; a server with bookmarks says something each minute. */
  readonly silenceMs: number
}

/** An object is at most 1.5 MiB in the store (etcd, --max-request-bytes); as JSON it is not much more. */
const LINE_MAX_BYTES = 4 * 1024 * 1024
const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

/**
 * The lines, until the server ends the watch, as it does after its `timeoutSeconds`.
 * @throws KubeWatchError when it fell silent, said what is no line of a watch, or that the version is too old; what the connection failed of
 */
export async function* watchLines(
  opened: Opened,
  { clock, what, silenceMs }: WatchReading,
): AsyncGenerator<WatchLine, void> {
  let dueMs = clock.monotonicMs() + silenceMs
  let isSilent = false
  const deadline = createDeadline(clock, { dueMs: () => dueMs, slackMs: 1000 }, () => {
    isSilent = true
    opened.close()
  })
  try {
    let rest: Buffer = Buffer.alloc(0)
    for await (const piece of opened.pieces) {
      dueMs = clock.monotonicMs() + silenceMs
      deadline.moved()
      rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = lineOf(rest.subarray(0, end).toString('utf8'), what)
        rest = rest.subarray(end + 1)
        if (line !== undefined) yield line
      }
      if (rest.length > LINE_MAX_BYTES)
        throw new KubeWatchError(what, 'nonsense', `a line is longer than ${LINE_MAX_BYTES} bytes`)
    }
  } catch (err) {
    if (!isSilent) throw err
  } finally {
    deadline.end()
    opened.close()
  }
  if (isSilent) throw new KubeWatchError(what, 'silent', `nothing came for ${silenceMs / 1000} s`)
}

function lineOf(text: string, what: string): WatchLine | undefined {
  if (text.trim() === '') return undefined
  const { type, object } = parsed(text, what)
  if (type === 'ERROR') {
    const { code, message } = (object ?? {}) as { code?: unknown; message?: unknown }
    throw new KubeWatchError(
      what,
      code === 410 ? 'expired' : 'failed',
      typeof message === 'string' ? message : 'the server says that it failed',
    )
  }
  if (typeof object !== 'object' || object === null || typeof type !== 'string' || !TYPES.has(type))
    throw new KubeWatchError(what, 'nonsense', 'it said what is no event of a watch')
  return { type: type as WatchLine['type'], object: object as WatchLine['object'] }
}

function parsed(text: string, what: string): { readonly type?: unknown; readonly object?: unknown } {
  let value: unknown
  try {
    value = JSON.parse(text) as unknown
  } catch {
    throw new KubeWatchError(what, 'nonsense', 'it said what is no JSON')
  }
  return typeof value === 'object' && value !== null ? value : {}
}
