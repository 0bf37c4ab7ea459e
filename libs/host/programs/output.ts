/** What a program writes, kept up to a limit. */
import type { Readable } from 'node:stream'

/** The beginning of what came. */
export interface KeptOutput {
  bytes(): Buffer
  /** More came than was kept. */
  truncated(): boolean
}

/** Keeps the first `maxBytes`. The rest is read and thrown away, so that the writer does not block. */
export function keepOutput(stream: Readable, maxBytes: number): KeptOutput {
  const chunks: Buffer[] = []
  let room = maxBytes
  let cut = false
  stream.on('data', (chunk: Buffer) => {
    if (chunk.length > room) cut = true
    if (room > 0) chunks.push(chunk.subarray(0, room))
    room -= Math.min(room, chunk.length)
  })
  // A pipe that breaks says no more than that the output ends here.
  stream.on('error', () => {})
  return { bytes: () => Buffer.concat(chunks), truncated: () => cut }
}
