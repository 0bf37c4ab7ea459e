/** The lines of a batch of which not all are told. Pure. */
import type { LogLine, SourceEvent } from './types.ts'

/**
 * @param cursors of all that were read, in order
 * @param lines those of them that are told, each with its cursor
 * @returns undefined where nothing was read
 */
export function toldLines(cursors: readonly unknown[], lines: readonly LogLine[]): SourceEvent | undefined {
  if (cursors.length === 0) return undefined
  const told = lines.at(-1)
  const count = cursors.length - 1 - (told === undefined ? -1 : cursors.lastIndexOf(told.cursor))
  return { kind: 'lines', lines, ...(count === 0 ? {} : { skipped: { count, cursor: cursors.at(-1) } }) }
}
