/** A log read on where it was read up to: the lines before that come again, and are told apart. */
import { toldLines } from '../sources/told-lines.ts'
import type { LogLine, LogSource, Skipped, SourceEvent } from '../sources/types.ts'
import type { Place } from './places.ts'

/** What a log tells that is read on. */
export type ReadEvent =
  | SourceEvent
  /** Lines that were looked at before: those that follow may need them. */
  | { readonly kind: 'again'; readonly lines: readonly LogLine[] }

type Lines = Extract<SourceEvent, { readonly kind: 'lines' }>

/** What came before it was known how many lines are old ones. */
interface Held {
  readonly lines: LogLine[]
  readonly lost: SourceEvent[]
  skipped?: Skipped | undefined
}

/** Of lines in a row: those behind the last that is told. */
function skippedOf({ lines, skipped }: Lines, before: Skipped | undefined): Skipped | undefined {
  if (lines.length > 0 || before === undefined) return skipped
  return skipped === undefined ? before : { count: before.count + skipped.count, cursor: skipped.cursor }
}

/** How many of the held lines are old; undefined: more have to come. */
function oldOf(
  { lines, lost }: Held,
  { upTo, lines: expected }: Place,
  { isAll, isOfAnother }: { readonly isAll: boolean; readonly isOfAnother: LogSource['isOfAnother'] },
): number | undefined {
  if (lines[0] !== undefined && isOfAnother?.(upTo, lines[0]) === true) return 0
  const known = lines.findLastIndex(({ key }) => key === upTo)
  if (known >= 0) return known + 1
  if (!isAll && lines.length < expected) return undefined
  // Where nothing is lost they are known by their number: another way to read may have other keys.
  return lost.length > 0 ? 0 : Math.min(expected, lines.length)
}

function* released({ lines, lost, skipped }: Held, old: number): Generator<ReadEvent> {
  // What was lost in front of the last line that was looked at had been looked at.
  if (old === 0) yield* lost
  if (old > 0) yield { kind: 'again', lines: lines.slice(0, old) }
  if (lines.length > old || skipped !== undefined)
    yield { kind: 'lines', lines: lines.slice(old), ...(skipped === undefined ? {} : { skipped }) }
}

/** @param place undefined: from the oldest line there is */
export async function* resumed(
  source: LogSource,
  place: Place | undefined,
  signal: AbortSignal,
): AsyncGenerator<ReadEvent, undefined> {
  let held: Held | undefined = place === undefined || place.lines === 0 ? undefined : { lines: [], lost: [] }
  for await (const event of source.follow({ from: place?.from, signal })) {
    if (held === undefined || place === undefined) {
      yield event
      continue
    }
    if (event.kind === 'lines') {
      held.lines.push(...event.lines)
      held.skipped = skippedOf(event, held.skipped)
    } else if (event.kind === 'lost') held.lost.push(event)
    const old = oldOf(held, place, { isAll: event.kind === 'caught-up', isOfAnother: source.isOfAnother })
    if (old !== undefined) {
      yield* released(held, old)
      held = undefined
    }
    if (event.kind === 'caught-up' || event.kind === 'unreadable') yield event
  }
}

/** A log without the lines that are older than that. */
export function since(source: LogSource, start: Date): LogSource {
  return {
    ...source,
    async *follow(options) {
      for await (const event of source.follow(options)) {
        if (event.kind !== 'lines') {
          yield event
          continue
        }
        const lines = event.lines.filter(({ at }) => at >= start)
        const told = toldLines(
          event.lines.map(({ cursor }) => cursor),
          lines,
        )
        const older = told?.kind === 'lines' ? told.skipped : undefined
        const skipped = skippedOf({ kind: 'lines', lines: [], ...(event.skipped && { skipped: event.skipped }) }, older)
        yield { kind: 'lines', lines, ...(skipped && { skipped }) }
      }
    },
  }
}
