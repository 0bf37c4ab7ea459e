/** Reads metrics in Prometheus's text format as they come, and keeps those series alone whose names are asked for. */

/** One value of a metric. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** As it stands there: also +Inf and NaN. */
  readonly value: number
}

/** What was kept, by the name as it stands there ("kubelet_pleg_relist_duration_seconds_sum"). */
export type Metrics = ReadonlyMap<string, readonly Series[]>

/** What is kept, and how much. */
export interface MetricsReaderOptions {
  readonly names: ReadonlySet<string>
  /** Default 2,000; what comes beyond that is left out. */
  readonly seriesMax?: number
}

/** A reader of one answer. */
export interface MetricsReader {
  /** The next bytes of it; lines may be cut anywhere. Never throws. */
  take(chunk: Uint8Array): void
  /** All that was kept. A last line without its end is none: it may have been cut. */
  read(): Metrics
  /** There were more series than are kept. */
  readonly isCut: boolean
}

const SERIES_MAX = 2000
/** A longer line is none that anybody reads. */
const LINE_BYTES = 8192
const NAME_BYTES = 200
const LINE_FEED = 10
const HASH = 35
const SPACE = 32
const TAB = 9
const BRACE = 123

/** `name`, `{a="b",c="d\"e"}`, a number, and at most a time behind it (Prometheus, exposition formats). */
const LINE = /^[A-Za-z_:][\w:]*(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t\r]*$/
const LABEL = /[ \t]*([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"[ \t]*(?:,|$)/y
const NUMBER = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Inf|NaN)$/
const ESCAPED = /\\(.)/g

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(ESCAPED, (_, mark: string) => (mark === 'n' ? '\n' : mark)) : text
}

/** undefined for what is no list of labels. */
function labelsOf(text: string): Record<string, string> | undefined {
  const labels: [string, string][] = []
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const [, name, value] = LABEL.exec(text) ?? []
    if (name === undefined || value === undefined) return undefined
    labels.push([name, unescaped(value)])
  }
  return Object.fromEntries(labels)
}

function numberOf(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined
  return Number(text.replace('Inf', 'Infinity'))
}

/** The series of one line; undefined for a comment, and for what is none. */
export function parseSeries(line: string): Series | undefined {
  const [, inner = '', number = ''] = LINE.exec(line) ?? []
  const value = numberOf(number)
  const labels = labelsOf(inner)
  return value === undefined || labels === undefined ? undefined : { labels, value }
}

/** Where the name at the beginning of a line ends; -1 where none begins there. */
function nameEnd(bytes: Uint8Array, from: number, to: number): number {
  const end = Math.min(to, from + NAME_BYTES)
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if (byte === BRACE || byte === SPACE || byte === TAB) return at
  }
  return -1
}

/** A reader that holds what it keeps, and the line that has not ended yet. */
export function createMetricsReader({ names, seriesMax = SERIES_MAX }: MetricsReaderOptions): MetricsReader {
  const metrics = new Map<string, Series[]>()
  const firsts = new Set([...names].map((name) => name.charCodeAt(0)))
  let begun: Buffer = Buffer.alloc(0)
  let isTooLong = false
  let count = 0
  let isCut = false

  function keep(bytes: Buffer, from: number, to: number): void {
    const first = bytes[from]
    if (first === undefined || first === HASH || !firsts.has(first) || to - from > LINE_BYTES) return
    const end = nameEnd(bytes, from, to)
    if (end < 0) return
    const name = bytes.toString('latin1', from, end)
    if (!names.has(name)) return
    const series = parseSeries(bytes.toString('utf8', from, to))
    if (series === undefined) return
    isCut ||= count >= seriesMax
    if (count >= seriesMax) return
    count++
    const all = metrics.get(name)
    if (all === undefined) metrics.set(name, [series])
    else all.push(series)
  }

  return {
    take(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let from = 0
      for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
        if (begun.length > 0 || isTooLong) {
          const line = Buffer.concat([begun, bytes.subarray(from, to)])
          if (!isTooLong) keep(line, 0, line.length)
          begun = Buffer.alloc(0)
          isTooLong = false
        } else keep(bytes, from, to)
        from = to + 1
      }
      const rest = bytes.subarray(from)
      isTooLong ||= begun.length + rest.length > LINE_BYTES
      begun = isTooLong ? Buffer.alloc(0) : Buffer.concat([begun, rest])
    },
    read: () => metrics,
    get isCut() {
      return isCut
    },
  }
}
