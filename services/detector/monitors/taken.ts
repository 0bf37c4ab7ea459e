/** A report that the engine takes, and the words for when it fails at it. */
import type { Held } from '../turns.ts'
import { ReportNotTakenError } from './errors.ts'

/**
 * Returns how long taking it held the event loop.
 * @throws ReportNotTakenError
 */
export async function taken(sequence: number, take: () => Held): Promise<number> {
  try {
    return await take()
  } catch (err) {
    throw new ReportNotTakenError(sequence, err)
  }
}
