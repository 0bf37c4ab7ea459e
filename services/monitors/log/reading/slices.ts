/** Lines taken one after the other, while others have their turn in between. */
import type { Clock } from '#clock'
import type { LogLine } from '../sources/types.ts'

/** So long the process is held at a time. */
const SLICE_MS = 4

/** Others have their turn. */
export function nextTurn(): Promise<unknown> {
  return new Promise(setImmediate)
}

/** @param take may be waited for @param pause lets others have their turn */
export async function takeInSlices(
  lines: readonly LogLine[],
  clock: Pick<Clock, 'monotonicMs'>,
  take: (line: LogLine) => Promise<void> | undefined,
  pause: () => Promise<unknown> = nextTurn,
): Promise<void> {
  let beganMs = clock.monotonicMs()
  for (const line of lines) {
    const taken = take(line)
    if (taken !== undefined) await taken
    if (clock.monotonicMs() - beganMs < SLICE_MS) continue
    await pause()
    beganMs = clock.monotonicMs()
  }
}
