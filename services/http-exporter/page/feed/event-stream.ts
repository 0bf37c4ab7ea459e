/** `text/event-stream`, taken apart (WHATWG HTML, section 9.2.6). */

export interface ServerEvent {
  /** The last id that was sent, with this event or before it; "" without one. */
  readonly id: string
  /** "message" unless the server named it. */
  readonly name: string
  readonly data: string
}

/** Longest event, in UTF-16 units: a whole view of many thousand conditions is a tenth of it. */
export const MAX_EVENT_LENGTH = 32 * 1024 * 1024

/** The server sends one event without end. */
export class EventTooLongError extends Error {
  readonly code = 'EVENT_TOO_LONG'
  constructor() {
    super(`an event of the stream is longer than ${MAX_EVENT_LENGTH} characters; the stream is asked for again`)
    this.name = 'EventTooLongError'
  }
}

/**
 * Takes text in chunks cut anywhere, calls `onEvent` for each event that is whole.
 * @throws EventTooLongError
 */
export function createEventParser(onEvent: (event: ServerEvent) => void): (chunk: string) => void {
  let rest = ''
  let id = ''
  let name = ''
  let data: string[] = []
  let length = 0

  function endEvent(): void {
    if (data.length > 0) onEvent({ id, name: name === '' ? 'message' : name, data: data.join('\n') })
    name = ''
    data = []
    length = 0
  }

  function takeLine(line: string): void {
    if (line === '') {
      endEvent()
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') {
      data.push(value)
      length += value.length
    } else if (field === 'event') name = value
    else if (field === 'id' && !value.includes('\0')) id = value
  }

  return (chunk) => {
    // Where a line ended before, no line end is left to be found; a CR at the very end may be half of a CRLF.
    const held = rest.endsWith('\r') ? rest.length - 1 : rest.length
    rest += chunk
    const lineEnd = /\r\n|\n|\r(?!$)/g
    lineEnd.lastIndex = held
    let start = 0
    for (let match = lineEnd.exec(rest); match !== null; match = lineEnd.exec(rest)) {
      takeLine(rest.slice(start, match.index))
      start = lineEnd.lastIndex
    }
    if (start > 0) rest = rest.slice(start)
    if (length + rest.length > MAX_EVENT_LENGTH) throw new EventTooLongError()
  }
}
