/** The lines of a saved log, from a file or from standard input. */
import { createReadStream } from 'node:fs'
import { CliUsageError } from '../errors.ts'

const LINE_BREAK = 0x0a
/** Of a line without an end; what is longer is cut here. */
const LINE_MAX = 1024 * 1024

/** Parts of a stream as its lines; the last one counts without a line break, too. */
async function* linesIn(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let held = 0
  for await (const part of parts) {
    let from = 0
    for (let at = part.indexOf(LINE_BREAK); at !== -1; at = part.indexOf(LINE_BREAK, from)) {
      yield Buffer.concat([...rest, part.subarray(from, at)])
      rest = []
      held = 0
      from = at + 1
    }
    const kept = part.subarray(from, from + Math.max(0, LINE_MAX - held))
    held += kept.length
    if (kept.length > 0) rest.push(kept)
  }
  if (held > 0) yield Buffer.concat(rest)
}

/** @param path "-": standard input. @throws CliUsageError where it cannot be read */
export async function* linesOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* linesIn(path === '-' ? process.stdin : createReadStream(path))
  } catch (err) {
    if (!(err instanceof Error && 'code' in err)) throw err
    throw new CliUsageError(`rules test: cannot read ${path}: ${String(err.code)}`)
  }
}
