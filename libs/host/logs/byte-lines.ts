/** A stream of bytes as lines of bytes: what a log holds need not be text. */

const NEWLINE = 10
const CARRIAGE_RETURN = 13

/** A line without its end. */
export interface ByteLine {
  readonly bytes: Buffer
  /** How many bytes of it were thrown away, since it is longer than it may be. */
  readonly cutBytes: number
  /** Where in the chunk that ended it the next line begins. */
  readonly nextAt: number
}

/** Cuts chunks into lines, and keeps the beginning of one that has not ended. */
export interface ByteLines {
  push(chunk: Buffer): readonly ByteLine[]
  /** How many bytes of a line that has not ended were pushed. */
  readonly restBytes: number
  /** What has not ended, as a line; undefined where there is nothing. It is kept no longer. */
  takeRest(): Omit<ByteLine, 'nextAt'> | undefined
}

/**
 * @param maxBytes of a line; the rest of it is counted. Nobody keeps more than that of one without an end
 * @param keepsReturn a "\r" in front of "\n" is part of the line, not of its end
 */
export function createByteLines(maxBytes: number, keepsReturn = false): ByteLines {
  let kept: Buffer[] = []
  let keptBytes = 0
  let cutBytes = 0

  function keep(part: Buffer): void {
    const room = Math.max(0, maxBytes - keptBytes)
    if (room > 0 && part.length > 0) kept.push(part.subarray(0, room))
    keptBytes += Math.min(room, part.length)
    cutBytes += Math.max(0, part.length - room)
  }
  function take(): { bytes: Buffer; cutBytes: number } {
    // Copied: a line that is kept must not keep the chunk it came in.
    const whole = Buffer.concat(kept)
    const endsIn = !keepsReturn && cutBytes === 0 && whole.at(-1) === CARRIAGE_RETURN
    const bytes = endsIn ? whole.subarray(0, -1) : whole
    const line = { bytes, cutBytes }
    kept = []
    keptBytes = 0
    cutBytes = 0
    return line
  }
  return {
    push(chunk) {
      const lines: ByteLine[] = []
      let from = 0
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        keep(chunk.subarray(from, at))
        from = at + 1
        lines.push({ ...take(), nextAt: from })
      }
      const rest = chunk.subarray(from)
      // The chunk is another one's next; of what is cut nothing is kept.
      keep(keptBytes < maxBytes ? Buffer.from(rest) : rest)
      return lines
    },
    get restBytes() {
      return keptBytes + cutBytes
    },
    takeRest: () => (keptBytes + cutBytes > 0 ? take() : undefined),
  }
}
