import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { recordKernelLog } from '../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { createKernelLogSource } from '../sources/kmsg.ts'
import type { LogLine, LogSource, SourceEvent } from '../sources/types.ts'
import { createPlaces, type Place, placeOf } from './places.ts'
import { type ReadEvent, resumed, since } from './resumed.ts'

function lineOf(index: number): LogLine {
  return { bytes: Buffer.from(`line ${index}`), at: new Date(index * 1000), key: `k${index}`, cursor: index + 1 }
}

/** A log of numbered lines whose first ones may be gone, told in batches. */
function logOf(count: number, { gone = 0, batch = 3 } = {}): LogSource {
  return {
    async *follow({ from }) {
      const begin = typeof from === 'number' ? from : 0
      if (begin < gone) yield { kind: 'lost', count: gone - begin, why: 'overwritten' }
      for (let at = Math.max(begin, gone); at < count; at += batch) {
        const size = Math.min(batch, count - at)
        yield { kind: 'lines', lines: Array.from({ length: size }, (_, index) => lineOf(at + index)) }
      }
      yield { kind: 'caught-up', cursor: count }
    },
  }
}

async function all(events: AsyncIterable<ReadEvent>): Promise<ReadEvent[]> {
  const told: ReadEvent[] = []
  for await (const event of events) told.push(event)
  return told
}

const keysOf = (events: readonly ReadEvent[], kind: 'lines' | 'again') =>
  events.flatMap((event) => (event.kind === kind ? event.lines.map(({ key }) => key) : []))
const lostOf = (events: readonly ReadEvent[]) => events.flatMap((event) => (event.kind === 'lost' ? [event.count] : []))
const { signal } = new AbortController()

/** Reads the first lines of a log, as one process does. */
function placeAfter(lines: number, looksBack: number): Place {
  const places = createPlaces(looksBack, undefined)
  for (let index = 0; index < lines; index++) places.note(lineOf(index))
  return placeOf(JSON.parse(JSON.stringify(places.place))) as Place
}

describe('lines that are not looked at', () => {
  it('move the place, but where so few of them stand behind those that a match may reach back to', () => {
    const alone = createPlaces(0, undefined)
    alone.note(lineOf(0))
    expect(alone.skipped({ count: 1, cursor: 2 })).toBe(true)
    expect(alone.place).toEqual({ from: 2, upTo: 'k0', lines: 0 })
    expect([alone.caughtUp(2), alone.caughtUp(3), alone.place.from]).toEqual([false, true, 3])
    const many = createPlaces(2, undefined)
    many.note(lineOf(0))
    many.note(lineOf(1))
    expect([many.skipped({ count: 99, cursor: 101 }), many.place.lines]).toEqual([false, 2])
    expect([many.skipped({ count: 1, cursor: 102 }), many.place]).toEqual([true, { from: 102, upTo: 'k1', lines: 0 }])
  })

  it('are told as skipped: those that are too old, those that came before it was known what is new', async () => {
    const old = await all(since(logOf(5, { batch: 5 }), new Date(9000)).follow({ from: undefined, signal }))
    expect(old[0]).toEqual({ kind: 'lines', lines: [], skipped: { count: 5, cursor: 5 } })
    const source: LogSource = {
      async *follow() {
        yield { kind: 'lines', lines: [lineOf(0)], skipped: { count: 2, cursor: 3 } }
        yield { kind: 'lines', lines: [], skipped: { count: 4, cursor: 7 } }
        yield { kind: 'caught-up', cursor: 7 }
      },
    }
    const events = await all(resumed(source, { upTo: 'gone', lines: 3 }, signal))
    expect(events).toContainEqual({ kind: 'lines', lines: [], skipped: { count: 6, cursor: 7 } })
  })
})

describe('a log that is read on', () => {
  it('tells each line as new once, and before that the lines that a match may reach back to', async () => {
    const nat = fc.integer({ min: 0, max: 12 })
    await fc.assert(
      fc.asyncProperty(
        nat,
        nat,
        fc.integer({ min: 0, max: 5 }),
        nat,
        fc.integer({ min: 1, max: 4 }),
        async (read, more, looksBack, gone, batch) => {
          const place = placeAfter(read, looksBack)
          const events = await all(
            resumed(logOf(read + more, { gone: Math.min(gone, read + more), batch }), place, signal),
          )
          const first = Math.max(read, Math.min(gone, read + more))
          const fresh = Array.from({ length: read + more - first }, (_, index) => `k${first + index}`)
          expect(keysOf(events, 'lines')).toEqual(fresh)
          const again = keysOf(events, 'again')
          if (again.length > 0) expect(again.at(-1)).toBe(`k${read - 1}`)
          if (gone === 0) expect(again).toHaveLength(Math.min(read, looksBack))
          // What is gone of what was looked at before is no loss.
          if (gone <= read - 1) expect(lostOf(events)).toEqual([])
          if (Math.min(gone, read + more) > read && read > 0) expect(lostOf(events)).toHaveLength(1)
        },
      ),
    )
  })

  it('knows old lines by their number where it is read in another way', async () => {
    const place = { ...placeAfter(4, 2), upTo: 'by another name' }
    const events = await all(resumed(logOf(6), place, signal))
    expect([keysOf(events, 'again'), keysOf(events, 'lines')]).toEqual([
      ['k2', 'k3'],
      ['k4', 'k5'],
    ])
  })

  it('knows none of another boot by their number: all of them are new', async () => {
    await using folder = await tempFolder()
    const kernel = await recordKernelLog(folder.path)
    const say = async (...texts: readonly string[]) => {
      for (const text of [...texts, 'the last of a recorded log is told behind what comes next']) {
        await kernel.say({ atMs: 1000, text })
      }
    }
    const stop = new AbortController()
    const toldFrom = async (place: Place | undefined) => {
      const { logs } = createHost({ root: folder.path })
      const events: ReadEvent[] = []
      for await (const event of resumed(createKernelLogSource({ logs, bootTime: new Date(0) }), place, stop.signal)) {
        if (event.kind === 'caught-up') break
        events.push(event)
      }
      return events
    }
    await say('first', 'second')
    const places = createPlaces(2, undefined)
    for (const event of await toldFrom(undefined)) if (event.kind === 'lines') event.lines.forEach(places.note)
    await kernel.reboot('00000000-0000-4000-8000-000000000002')
    await say('of the next boot', 'too')
    const told = await toldFrom(placeOf(JSON.parse(JSON.stringify(places.place))))
    expect(keysOf(told, 'again')).toEqual([])
    expect(keysOf(told, 'lines')).toHaveLength(3)
  })

  it('goes on behind what it caught up with, where no line was told', () => {
    const places = createPlaces(3, undefined)
    places.caughtUp(17)
    expect(places.place).toEqual({ from: 17, upTo: '', lines: 0 })
  })
})

it('lines older than the start are not told, and one of that moment is', async () => {
  const events: SourceEvent[] = (await all(
    since(logOf(4), new Date(2000)).follow({ from: undefined, signal }),
  )) as SourceEvent[]
  expect(keysOf(events, 'lines')).toEqual(['k2', 'k3'])
})
