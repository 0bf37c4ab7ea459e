/**
 * Holds a message against its own lengths before `dns-packet` reads it, which (5.6.1) makes four lists as long as the header says,
 * reads past the end of a record's data, goes back to the message's beginning after a text that is cut off, and takes labels for
 * UTF-8. Pointers in circles it refuses itself; not so one whose names take a million steps.
 */
import { MalformedMessageError } from './errors.ts'
import { type Effort, readName, step } from './name.ts'

const HEAD_BYTES = 12
/** Type and class. */
const QUESTION_TAIL_BYTES = 4
/** Type, class, time to live, length of the data. */
const RECORD_HEAD_BYTES = 10
/** RFC 6891, 6.1.1: owned by the root. */
const OPT = 41

type Part = number | 'name' | 'texts'

/** What the data of a type is made of: so many bytes, a name, texts up to its end. RFC 1035, 3.3; 2782; 3596; 6672. */
const LAYOUTS: Readonly<Record<number, readonly Part[]>> = {
  1: [4],
  2: ['name'],
  5: ['name'],
  6: ['name', 'name', 20],
  12: ['name'],
  15: [2, 'name'],
  16: ['texts'],
  28: [16],
  33: [6, 'name'],
  39: ['name'],
}

/** A record whose lengths hold. */
export interface GuardedRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  /** 0 to 2^31 - 1; what is larger is 0 (RFC 2181, 8). */
  readonly ttlS: number
  /** Names in its data, in turn; none where we do not read the type. */
  readonly names: readonly string[]
  /** Where its type stands. */
  readonly typeOffset: number
}

/** Whether we read what is in a record of this type. */
export function isRead(type: number): boolean {
  return LAYOUTS[type] !== undefined
}

/** `dns-packet` makes an object of each text, be it empty: 4,096 and no more. */
const STEPS_A_TEXT = 48

function readTexts(bytes: Buffer, from: number, end: number, effort: Effort): number {
  let at = from
  while (at < end) {
    step(effort, STEPS_A_TEXT)
    at += 1 + (bytes[at] ?? 0)
  }
  return at
}

/** Names in the data of a record, which fills its length exactly. */
function readData(bytes: Buffer, type: number, [start, end]: readonly [number, number], effort: Effort) {
  const names: string[] = []
  let at = start
  const layout = LAYOUTS[type]
  if (layout === undefined) return names
  for (const part of layout) {
    if (typeof part === 'number') at += part
    else if (part === 'texts') at = readTexts(bytes, at, end, effort)
    else {
      const name = readName(bytes, at, effort)
      names.push(name.text)
      at = name.end
    }
  }
  if (at !== end) throw new MalformedMessageError('the data of a record has another length than it says')
  return names
}

function readRecord(bytes: Buffer, offset: number, effort: Effort, withData: boolean) {
  const { text, end: typeOffset } = readName(bytes, offset, effort)
  const start = typeOffset + RECORD_HEAD_BYTES
  if (start > bytes.length) throw new MalformedMessageError('it ends within a record', true)
  const end = start + bytes.readUInt16BE(start - 2)
  if (end > bytes.length) throw new MalformedMessageError('it ends within a record', true)
  const type = bytes.readUInt16BE(typeOffset)
  const ttlS = bytes.readUInt32BE(typeOffset + 4)
  const names = withData ? readData(bytes, type, [start, end], effort) : []
  const record = { name: text, type, class: bytes.readUInt16BE(typeOffset + 2), ttlS: ttlS < 2 ** 31 ? ttlS : 0, names }
  return { record: { ...record, typeOffset } satisfies GuardedRecord, end, firstTtlByte: ttlS >>> 24 }
}

/**
 * Walks over a message of at least 12 bytes: names of all records, data of the answer section.
 * @param onAnswer told each record of the answer section whose lengths hold, in turn, also where a later one's do not
 * @returns high bits of the response code, where the message has EDNS (RFC 6891, 6.1.3)
 * @throws MalformedMessageError
 */
export function guard(bytes: Buffer, onAnswer: (record: GuardedRecord) => void): number | undefined {
  const effort: Effort = { steps: 0 }
  const count = (offset: number) => bytes.readUInt16BE(offset)
  let at = HEAD_BYTES
  for (let questions = count(4); questions > 0; questions--) {
    at = readName(bytes, at, effort).end + QUESTION_TAIL_BYTES
  }
  const answers = count(6)
  const records = answers + count(8) + count(10)
  let extendedRcode: number | undefined
  for (let index = 0; index < records; index++) {
    const { record, end, firstTtlByte } = readRecord(bytes, at, effort, index < answers)
    if (index < answers) onAnswer(record)
    else if (record.type === OPT && record.name === '.') extendedRcode = firstTtlByte
    at = end
  }
  return extendedRcode
}
