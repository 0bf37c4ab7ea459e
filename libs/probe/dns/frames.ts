/** Messages in a stream: each after its length in two bytes (RFC 1035, 4.2.2). */

/** Takes a stream apart. */
export interface Frames {
  /** Takes what came, of whatever length. */
  push(chunk: Buffer): void
  /** "17 of 1200 bytes of an answer"; "" between two messages. */
  halfText(): string
}

/** @param onMessage told each message, of 0 to 65,535 bytes; no more than one is held here */
export function createFrames(onMessage: (message: Buffer) => void): Frames {
  let part = Buffer.allocUnsafe(2)
  let isLength = true
  let filled = 0
  const take = (chunk: Buffer): number => {
    const taken = chunk.copy(part, filled)
    filled += taken
    if (filled < part.length) return taken
    const whole = part
    part = Buffer.allocUnsafe(isLength ? whole.readUInt16BE(0) : 2)
    filled = 0
    isLength = !isLength
    if (isLength) onMessage(whole)
    return taken
  }
  return {
    push(chunk) {
      for (let rest = chunk; rest.length > 0 || (!isLength && part.length === 0); ) rest = rest.subarray(take(rest))
    },
    halfText() {
      if (isLength) return filled === 0 ? '' : 'half a length'
      return `${filled} of ${part.length} bytes of an answer`
    },
  }
}
