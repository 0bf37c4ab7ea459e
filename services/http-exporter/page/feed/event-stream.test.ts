import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventParser, type ServerEvent } from './event-stream.ts'

function parseChunks(chunks: readonly string[]): ServerEvent[] {
  const events: ServerEvent[] = []
  const take = createEventParser((event) => events.push(event))
  for (const chunk of chunks) take(chunk)
  return events
}

/** The text cut at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b)
  return [...at, text.length].map((end, index) => text.slice(index === 0 ? 0 : (at[index - 1] ?? 0), end))
}

describe('an event stream', () => {
  it('gives each event with its data, its name and the last id', () => {
    expect(parseChunks(['id: a-1\ndata: {"kind":"beat"}\n\nevent: note\ndata: x\n\n'])).toEqual([
      { id: 'a-1', name: 'message', data: '{"kind":"beat"}' },
      { id: 'a-1', name: 'note', data: 'x' },
    ])
  })

  it('joins several lines of data, takes one leading space away, and passes over comments and unknown fields', () => {
    expect(parseChunks([': hello\nretry: 2000\ndata:a\ndata:  b\nfoo: bar\n\n'])).toEqual([
      { id: '', name: 'message', data: 'a\n b' },
    ])
  })

  it('gives nothing for an event without data or without its end', () => {
    expect(parseChunks(['id: 7\n\ndata: half'])).toEqual([])
  })

  it('ignores an id with a null character', () => {
    expect(parseChunks(['id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n']).map(({ id }) => id)).toEqual(['1', '1'])
  })

  it('is the same wherever it is cut and whatever ends its lines', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, ''))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, line), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(), { maxLength: 12 }),
        (events, end, places) => {
          const text = events.map(([id, data]) => `id: ${id}${end}data: ${data}${end}${end}`).join('')
          // A CR at the very end may be half of a line end: something has to follow it.
          const whole = `${text}: end`
          expect(parseChunks(cut(whole, places))).toEqual(events.map(([id, data]) => ({ id, name: 'message', data })))
        },
      ),
    )
  })

  it('never throws on arbitrary text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 20 }), (chunks) => {
        parseChunks(chunks)
      }),
    )
  })
})
