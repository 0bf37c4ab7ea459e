/**
 * What `journalctl -o export` writes (https://systemd.io/JOURNAL_EXPORT_FORMATS): a field a line, `NAME=value`; one that
 * holds more than a line of text, or no text, as its name, a line break, its size in 8 bytes (little-endian), its bytes and
 * a line break; an empty line behind each entry. Pure.
 */

/** What a field holds. */
export interface ExportValue {
  readonly bytes: Buffer
  /** How many more bytes it had than may be kept. */
  readonly cutBytes: number
}

/** An entry: of a field that it has several times the last. */
export type ExportEntry = ReadonlyMap<string, ExportValue>

/** Cuts chunks into entries, and keeps what has not ended. */
export interface ExportParser {
  /** @throws SyntaxError for what is not in that format */
  push(chunk: Buffer): readonly ExportEntry[]
}

const NEWLINE = 10
const EQUALS = 61
const SIZE_BYTES = 8
/** A journal has no longer name (64 bytes). */
const NAME_MAX = 256

/** What is kept of one that came in one piece. Copied: an entry that is kept must not keep the chunk it came in. */
function wholeValue(whole: Buffer, maxBytes: number): ExportValue {
  const kept = whole.length > maxBytes ? whole.subarray(0, maxBytes) : whole
  return { bytes: Buffer.from(kept), cutBytes: whole.length - kept.length }
}

/** The value that is being read. */
function createValue(maxBytes: number) {
  const parts: Buffer[] = []
  let keptBytes = 0
  let cutBytes = 0
  return {
    push(part: Buffer): void {
      const room = Math.max(0, maxBytes - keptBytes)
      if (room > 0 && part.length > 0) parts.push(Buffer.from(part.subarray(0, room)))
      keptBytes += Math.min(room, part.length)
      cutBytes += Math.max(0, part.length - room)
    },
    take(): ExportValue {
      const [first = Buffer.alloc(0), ...rest] = parts
      return { bytes: rest.length === 0 ? first : Buffer.concat(parts), cutBytes }
    },
  }
}

/** The fields of one entry after the other, and what of a field is still to come. */
function createFields(maxBytesOf: (name: string) => number) {
  let entry = new Map<string, ExportValue>()
  let value = createValue(0)
  const fields = {
    name: '',
    at: 'name' as 'name' | 'text' | 'size' | 'data' | 'end',
    left: 0,
    get isEmpty() {
      return entry.size === 0
    },
    begin(): void {
      value = createValue(maxBytesOf(fields.name))
    },
    keep: (part: Buffer): void => value.push(part),
    /** @param whole a value that came in one piece; none was begun */
    finish(whole?: Buffer): void {
      entry.set(fields.name, whole === undefined ? value.take() : wholeValue(whole, maxBytesOf(fields.name)))
      fields.name = ''
      fields.at = 'name'
    },
    takeEntry(): ExportEntry {
      const whole = entry
      entry = new Map()
      return whole
    },
  }
  return fields
}

type Fields = ReturnType<typeof createFields>

/** Takes what it can of a chunk from a place on, and says where it stopped. */
function readName(fields: Fields, chunk: Buffer, from: number, entries: ExportEntry[]): number {
  let to = from
  while (to < chunk.length && chunk[to] !== NEWLINE && chunk[to] !== EQUALS) to++
  fields.name += chunk.toString('latin1', from, to)
  if (fields.name.length > NAME_MAX) throw new SyntaxError(`the name of a field is longer than ${NAME_MAX} bytes`)
  if (to === chunk.length) return to
  if (chunk[to] === EQUALS) {
    const end = chunk.indexOf(NEWLINE, to)
    if (end >= 0) {
      fields.finish(chunk.subarray(to + 1, end))
      return end + 1
    }
    fields.begin()
    fields.at = 'text'
  } else if (fields.name !== '') fields.at = 'size'
  else if (!fields.isEmpty) entries.push(fields.takeEntry())
  return to + 1
}

function readText(fields: Fields, chunk: Buffer, from: number): number {
  const found = chunk.indexOf(NEWLINE, from)
  fields.keep(chunk.subarray(from, found < 0 ? chunk.length : found))
  if (found < 0) return chunk.length
  fields.finish()
  return found + 1
}

function readData(fields: Fields, chunk: Buffer, from: number): number {
  const to = Math.min(chunk.length, from + fields.left)
  fields.keep(chunk.subarray(from, to))
  fields.left -= to - from
  if (fields.left === 0) fields.at = 'end'
  return to
}

function readEnd(fields: Fields, chunk: Buffer, from: number): number {
  if (chunk[from] !== NEWLINE) throw new SyntaxError(`the field ${fields.name} does not end where its size says`)
  fields.finish()
  return from + 1
}

function createSizeReader() {
  const size = Buffer.alloc(SIZE_BYTES)
  let bytes = 0
  return (fields: Fields, chunk: Buffer, from: number): number => {
    const copied = chunk.copy(size, bytes, from, from + SIZE_BYTES - bytes)
    bytes += copied
    if (bytes === SIZE_BYTES) {
      bytes = 0
      fields.left = Number(size.readBigUInt64LE())
      if (!Number.isSafeInteger(fields.left)) throw new SyntaxError(`the field ${fields.name} has an impossible size`)
      fields.begin()
      fields.at = fields.left === 0 ? 'end' : 'data'
    }
    return from + copied
  }
}

/** @param maxBytesOf how much of a field is kept */
export function createExportParser(maxBytesOf: (name: string) => number): ExportParser {
  const fields = createFields(maxBytesOf)
  const steps = { name: readName, text: readText, size: createSizeReader(), data: readData, end: readEnd }
  return {
    push(chunk) {
      const entries: ExportEntry[] = []
      for (let from = 0; from < chunk.length; ) from = steps[fields.at](fields, chunk, from, entries)
      return entries
    },
  }
}
