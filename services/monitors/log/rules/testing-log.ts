/** A log that a test writes line by line. */
import type { LogLine, LogSource, SourceEvent } from '../sources/types.ts'

/** What stands in it is told to whoever follows, and what is told later as it comes. */
export interface ScriptedLog extends LogSource {
  tell(...events: readonly SourceEvent[]): void
  /** Where those began who followed it. */
  readonly begins: readonly unknown[]
}

/** Of one line. */
export function said(...lines: readonly LogLine[]): SourceEvent {
  return { kind: 'lines', lines }
}

export function caughtUp(cursor: unknown): SourceEvent {
  return { kind: 'caught-up', cursor }
}

/** @param cursorOf the lines of a cursor and before were read: numbers */
export function scriptedLog(): ScriptedLog {
  const all: SourceEvent[] = []
  const begins: unknown[] = []
  let news = Promise.withResolvers<void>()

  function isNew({ cursor }: { readonly cursor: unknown }, from: unknown): boolean {
    return typeof from !== 'number' || (typeof cursor === 'number' && cursor > from)
  }

  return {
    begins,
    tell(...events) {
      all.push(...events)
      news.resolve()
      news = Promise.withResolvers()
    },
    async *follow({ from, signal }) {
      begins.push(from)
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      for (let at = 0; !signal.aborted; ) {
        const event = all[at]
        if (event === undefined) await Promise.race([news.promise, stopped])
        else {
          at++
          if (event.kind !== 'lines') yield event
          else {
            const lines = event.lines.filter((line) => isNew(line, from))
            if (lines.length > 0) yield { kind: 'lines', lines }
          }
        }
      }
    },
  }
}
