/** Pieces of a text as lines, some at a time, each only when it is asked for: of a long piece they are never all there at once. */

/** Keeps the beginning of a line that has not ended. */
export interface TextLines {
  /** @param piece what comes next @returns the lines that end in it, without their ends, in lists */
  cut(piece: string): Generator<string[]>
}

export interface TextLinesOptions {
  /** So many lines are in a list, at the most. */
  readonly count: number
  /** Of a longer line the rest is thrown away. */
  readonly maxLength: number
}

export function createTextLines({ count, maxLength }: TextLinesOptions): TextLines {
  let begun = ''
  const shorten = (line: string): string => (line.length > maxLength ? line.slice(0, maxLength) : line)

  return {
    *cut(piece) {
      let from = 0
      let lines: string[] = []
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', from)) {
        lines.push(shorten(begun + piece.slice(from, at)))
        begun = ''
        from = at + 1
        if (lines.length < count) continue
        yield lines
        lines = []
      }
      begun = shorten(begun + piece.slice(from))
      if (lines.length > 0) yield lines
    },
  }
}
