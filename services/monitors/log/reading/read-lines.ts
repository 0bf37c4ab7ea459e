/** Takes the lines of a log, and lets others have their turn in between. */
import type { Clock } from '#clock'
import type { LogLine, Unreadable } from '../sources/types.ts'
import type { Attention } from './attention.ts'
import type { Places } from './places.ts'
import type { ReadEvent } from './resumed.ts'
import { nextTurn, takeInSlices } from './slices.ts'

/** Who takes lines. */
export interface LineTaker {
  /** The log is read. Called before each event but `unreadable`. */
  readable(): void
  /** A line that was taken before. */
  again(line: LogLine): void
  /** Reading would go on elsewhere than before, though there is nothing new to look at. */
  moved(): void
  /** A new line. */
  take(line: LogLine): void
  lost(count: number | undefined, why: string): void
  unreadable(why: Unreadable): void
  /** Tells what is to be told, if anything is. */
  tell(): Promise<void>
}

/** Ends when the events do. */
export async function readLines(
  events: AsyncIterable<ReadEvent>,
  taker: LineTaker,
  { clock, places, attention }: { readonly clock: Clock; readonly places: Places; readonly attention: Attention },
): Promise<void> {
  function take(line: LogLine): undefined {
    taker.take(line)
    places.note(line)
  }
  async function pause(): Promise<void> {
    await taker.tell()
    await nextTurn()
  }

  attention.began()
  for await (const event of events) {
    attention.taking()
    if (event.kind === 'unreadable') taker.unreadable(event)
    else {
      taker.readable()
      if (event.kind === 'lost') taker.lost(event.count, event.why)
      else if (event.kind === 'caught-up') {
        if (places.caughtUp(event.cursor)) taker.moved()
      } else if (event.kind === 'lines') {
        await takeInSlices(event.lines, clock, take, pause)
        if (event.skipped !== undefined && places.skipped(event.skipped)) taker.moved()
      } else
        for (const line of event.lines) {
          taker.again(line)
          places.note(line)
        }
    }
    await taker.tell()
    if (event.kind !== 'caught-up') continue
    attention.caughtUp()
    attention.waiting()
  }
}
