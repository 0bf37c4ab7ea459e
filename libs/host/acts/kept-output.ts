/** Output of which the beginning and the end are kept. */
import type { ProgramOutput } from './program-types.ts'

/** Of each of the two. */
export const KEPT_BYTES = 32_768

/** Stands for what is missing. With it all is not longer than the two: who cuts it there again would take the end away. */
const GAP = Buffer.from('\n[…]\n')

/** @param tail at most {@link KEPT_BYTES}, and one byte more where something is missing before it */
export function outputOf(head: Buffer, tail: Buffer): ProgramOutput {
  const isCut = tail.length > KEPT_BYTES
  const parts = isCut ? [head, GAP, tail.subarray(GAP.length - KEPT_BYTES)] : [head, tail]
  return { text: Buffer.concat(parts).toString('utf8'), isCut }
}

/** Takes chunks as they come. */
export function createKeptOutput() {
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  return {
    take(chunk: Buffer): void {
      const room = KEPT_BYTES - head.length
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)])
      const rest = chunk.subarray(Math.max(0, room))
      if (rest.length > 0) tail = Buffer.concat([tail, rest]).subarray(-(KEPT_BYTES + 1))
    },
    output: (): ProgramOutput => outputOf(head, tail),
  }
}
