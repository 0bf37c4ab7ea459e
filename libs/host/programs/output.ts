/** What a program writes, kept up to a limit. */
import type { Readable } from 'node:stream'

/** The beginning of what came. */
export interface KeptOutput {
  bytes(): Buffer
  /** More came than was kept. */
  truncated(): boolean
}

/** Of what says anything at all, so much is room for. */
const FIRST_BYTES = 4_096

/**
 * Keeps the first `maxBytes`. The rest is read and thrown away, so that the writer does not block. It takes at most twice the room
 * of what is kept: what came is copied, since who writes byte by byte would have a chunk, and what that lies in, for each of them.
 */
export function keepOutput(stream: Readable, maxBytes: number): KeptOutput {
  let kept = Buffer.alloc(0)
  let length = 0
  let cut = false

  function makeRoom(bytes: number): void {
    if (bytes <= kept.length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(maxBytes, Math.max(bytes, 2 * kept.length, FIRST_BYTES)))
    kept.copy(grown, 0, 0, length)
    kept = grown
  }

  stream.on('data', (chunk: Buffer) => {
    const taken = Math.min(chunk.length, maxBytes - length)
    if (taken < chunk.length) cut = true
    if (taken === 0) return
    makeRoom(length + taken)
    length += chunk.copy(kept, length, 0, taken)
  })
  // A pipe that breaks says no more than that the output ends here.
  stream.on('error', () => {})
  // Behind what is told now more may come, and never over it.
  return { bytes: () => kept.subarray(0, length), truncated: () => cut }
}
