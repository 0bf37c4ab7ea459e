/** How a line of a log file says when it was written, and what it says: node-problem-detector's `pluginConfig` of a filelog. Pure. */
import { compileLayout, TimeError } from '#golang'
import { compilePattern, decodeText, type Pattern } from '#pattern'

/** Keys of `pluginConfig`. */
export interface LineFormatOptions {
  /** Regular expression of the time in a line. */
  readonly timestamp: string
  /** Regular expression of the message in a line. */
  readonly message: string
  /** Go's layout of the time. */
  readonly timestampFormat: string
  /** Of a time without a year the one that is now, as node-problem-detector has it (B15). Default: the nearest */
  readonly isYearOfNow?: boolean
}

/** What a line says. */
export interface FormattedLine {
  readonly at: Date
  readonly message: Buffer
}

/** Reads lines. */
export interface LineFormat {
  /** undefined: the line says no time, or no message. @param now a time without a year is one near to it */
  read(line: Buffer, now: Date): FormattedLine | undefined
}

/** The last group of a match, the whole of it where the expression has none; undefined: no match. */
function lastGroup(pattern: Pattern, text: string): string | undefined {
  const groups = pattern.find(text)?.groups
  return groups && (groups.at(-1) ?? '')
}

/** Of a time that says no year: over the turn of the year the line of December is of the year that has ended. */
function nearest(dates: readonly Date[], now: Date): Date | undefined {
  if (dates.length < 2) return dates[0]
  const distance = (date: Date) => Math.abs(date.getTime() - now.getTime())
  return dates.reduce((best, date) => (distance(date) < distance(best) ? date : best))
}

/** What the text of a time may be: lines of one second have the same, and to read it is a fifth of what a line takes. */
export function createTimes({
  timestampFormat,
  isYearOfNow = false,
}: Pick<LineFormatOptions, 'timestampFormat' | 'isYearOfNow'>): (text: string, now: Date) => Date | undefined {
  const layout = compileLayout(timestampFormat)
  let last: { readonly text: string; readonly year: number; readonly dates: readonly Date[] } | undefined

  /** None: it is no time. */
  function read(text: string, year: number): readonly Date[] {
    try {
      const time = layout.parse(text)
      if (time.year !== 0) return [time.date]
      return (isYearOfNow ? [year] : [year, year - 1, year + 1]).map((one) => time.inYear(one))
    } catch (err) {
      if (err instanceof TimeError) return []
      throw err
    }
  }

  return (text: string, now: Date): Date | undefined => {
    const year = now.getFullYear()
    if (last?.text !== text || last.year !== year) last = { text, year, dates: read(text, year) }
    return nearest(last.dates, now)
  }
}

/** @throws PatternError */
export function createLineFormat(options: LineFormatOptions): LineFormat {
  const timestamp = compilePattern(options.timestamp)
  const message = compilePattern(options.message)
  const timeOf = createTimes(options)

  /** A message that has every byte of the line is told with its bytes, be they text or not. */
  function bytesOf(line: Buffer, text: string, found: string): Buffer {
    if (!found.includes('\uFFFD')) return Buffer.from(found)
    if (text.endsWith(found)) {
      const units = text.slice(0, text.length - found.length)
      if (!units.includes('\uFFFD')) return line.subarray(Buffer.byteLength(units))
    }
    return Buffer.from(found)
  }

  return {
    read(line, now) {
      const text = decodeText(line)
      const said = lastGroup(timestamp, text)
      const at = said === undefined ? undefined : timeOf(said, now)
      if (at === undefined) return undefined
      const found = lastGroup(message, text)
      return found === undefined ? undefined : { at, message: bytesOf(line, text, found) }
    },
  }
}
