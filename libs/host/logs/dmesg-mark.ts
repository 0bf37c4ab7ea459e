/** Up to where a text was told that grows at its end and is cut at its beginning, as what dmesg says is. Pure. */

/** So many lines in a row that are equal are the same ones. */
const MARK_LINES = 32

/** The last lines that were told. */
export interface DmesgMark {
  /** Nothing was told yet: all of it is new. */
  readonly isEmpty: boolean
  /** How long a part of the text's end they are. */
  readonly bytes: number
  /** These came behind them. */
  told(lines: readonly string[]): void
  forget(): void
  /** @param isWhole what is read begins where the text does; else in the middle of it */
  seek(isWhole: boolean): DmesgSeek
}

/** Reads the text, or its end, and gives what is behind the mark. Nothing of it is kept but a mark's length. */
export interface DmesgSeek {
  /** The next lines. @returns what of them is new */
  take(lines: readonly string[]): string[]
  /** There are no more. @returns what is new beside that */
  end(): readonly string[]
  /** The mark stands in it: else it was cut away, or stands in front of what was read. */
  readonly isFound: boolean
  readonly isNothing: boolean
}

/** Whether the last lines that were read are the mark; where the text begins within it, its end. */
function isMark(last: readonly string[], mark: readonly string[], isWhole: boolean): boolean {
  const count = Math.min(last.length, mark.length)
  if (count < mark.length && !isWhole) return false
  for (let back = 1; back <= count; back++) if (last.at(-back) !== mark.at(-back)) return false
  return count > 0
}

function createSeek(mark: readonly string[], isWhole: boolean): DmesgSeek {
  /** As many as the mark has. */
  const last: string[] = []
  /** Behind it; as long as it may stand there once more, overlapping itself. */
  let held: string[] | undefined
  let isFound = false

  /** @returns whether it is new for certain */
  function pass(line: string): boolean {
    if (isFound && held === undefined) return true
    last.push(line)
    if (last.length > mark.length) last.shift()
    if (isMark(last, mark, isWhole)) {
      isFound = true
      held = []
    } else held?.push(line)
    return false
  }

  function release(): string[] {
    const lines = held ?? []
    held = undefined
    return lines
  }

  return {
    take(lines) {
      const news: string[] = []
      for (const line of lines) {
        if (pass(line)) news.push(line)
        else if (held !== undefined && held.length >= mark.length) news.push(...release())
      }
      return news
    },
    end: release,
    get isFound() {
      return isFound
    },
    get isNothing() {
      return last.length === 0
    },
  }
}

/** A part of a text keeps all of it in memory; a copy does not. */
function copied(line: string): string {
  return Buffer.from(line, 'latin1').toString('latin1')
}

export function createDmesgMark(): DmesgMark {
  let mark: readonly string[] = []
  return {
    get isEmpty() {
      return mark.length === 0
    },
    get bytes() {
      return mark.reduce((sum, { length }) => sum + length + 1, 0)
    },
    told(lines) {
      mark = [...mark, ...lines.slice(-MARK_LINES).map(copied)].slice(-MARK_LINES)
    },
    forget() {
      mark = []
    },
    seek: (isWhole) => createSeek(mark, isWhole),
  }
}
