/**
 * How what a monitor sends is read. A message is bounded in its fields, not only in its bytes: two bytes can say "one more
 * condition, all empty", and half a million of those would take the memory of the detector. A large report is read in parts,
 * so that reading one does not hold the event loop.
 */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire'
import type { ReportLimits } from '#model'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { Report } from '#proto/nodedoctor/v1/types.ts'

/** Tags, lengths and numbers of 32 bits in an answer, those of messages inside of it included. */
const NUMBERS_MAX = 262_144
/** So much of a report is read at a time. */
const PART_BYTES = 32 * 1024
/** The same of a part: as many as there are in one of single bytes. A larger part is one thing, which has few. */
const PART_NUMBERS_MAX = 2 * PART_BYTES
/** A report may have so many times as many things as are taken of it, and its author is told what was left out. */
const THINGS_TIMES = 4
/** The field of WatchResponse that is the report; the wire type of what has a length. */
const REPORT_FIELD = 1
const LENGTH_DELIMITED = 2
/** Stands for what a message has beyond the protocol: nobody reads it. */
const UNREAD = new Uint8Array(0)

/** A message of more fields, or of more things, than any that makes sense. */
export class OverfullMessageError extends Error {
  readonly code = 'RESOURCE_EXHAUSTED'
  constructor(what: string, most: number) {
    super(`the message has more than ${most} ${what}`)
    this.name = 'OverfullMessageError'
  }
}

/** Reads as the protocol's own reader does, for which tags and lengths are numbers like others, and counts them. */
class BoundedReader extends BinaryReader {
  constructor(bytes: Uint8Array, numbersMax: number) {
    super(bytes)
    const read = this.uint32
    let left = numbersMax
    this.uint32 = () => {
      if (--left < 0) throw new OverfullMessageError('tags, lengths and small numbers', numbersMax)
      return read.call(this)
    }
  }
  override skip(wireType: WireType, fieldNo?: number, recursionLimit?: number): Uint8Array {
    super.skip(wireType, fieldNo, recursionLimit)
    return UNREAD
  }
}

/** What decodes a message: ts-proto's object of its name. */
interface Decoded<Message> {
  decode(reader: BinaryReader): Message
}

/** A method whose answer has at most {@link NUMBERS_MAX}; the call fails with `INTERNAL` where it has more. */
export function bounded<Method extends object, Response>(
  method: Method,
  answer: Decoded<Response>,
): Method & { readonly responseDeserialize: (bytes: Buffer) => Response } {
  return { ...method, responseDeserialize: (bytes: Buffer) => answer.decode(new BoundedReader(bytes, NUMBERS_MAX)) }
}

/** Adds what a part of a report has; of what a report has once, the last word counts. */
function add(whole: Record<string, unknown>, part: object): void {
  for (const [key, value] of Object.entries(part)) {
    const before = whole[key]
    if (Array.isArray(before) && Array.isArray(value)) before.push(...(value as readonly unknown[]))
    else if (value !== undefined && value !== 0) whole[key] = value
  }
}

interface ReadOptions {
  readonly partBytes: number
  readonly mostThings: number
}

/** How many things a report has. */
function thingsOf(report: object): number {
  return Object.values(report).reduce((sum: number, value) => sum + (Array.isArray(value) ? value.length : 0), 0)
}

/** One part. A field that ends before its length does would have what follows it read as parts of something else. */
function readPart(bytes: Uint8Array, fields: number): Report {
  const part = Report.decode(new BoundedReader(bytes, PART_NUMBERS_MAX))
  if (thingsOf(part) > fields) throw new Error('a field ends before its length does')
  return part
}

/** Part by part, cut between two fields. */
function* readReport(bytes: Uint8Array, { partBytes, mostThings }: ReadOptions): Generator<void, Report> {
  const whole = Report.fromPartial({})
  const fields = new BinaryReader(bytes)
  let from = 0
  let things = 0
  let before = 0
  while (fields.pos < bytes.length) {
    const [field, wireType] = fields.tag()
    if (++things > mostThings) throw new OverfullMessageError('conditions, events, samples and runs', mostThings)
    fields.skip(wireType, field)
    if (fields.pos - from < partBytes && fields.pos < bytes.length) continue
    add(whole as unknown as Record<string, unknown>, readPart(bytes.subarray(from, fields.pos), things - before))
    from = fields.pos
    before = things
    if (from < bytes.length) yield
  }
  return whole
}

/** Where the report lies in the message, and everything else of it. */
function split(bytes: Uint8Array, mostThings: number): { report: Uint8Array | undefined; rest: Uint8Array } {
  const rest: Uint8Array[] = []
  let report: Uint8Array | undefined
  const fields = new BinaryReader(bytes)
  while (fields.pos < bytes.length) {
    const from = fields.pos
    const [field, wireType] = fields.tag()
    if (field === REPORT_FIELD && wireType === LENGTH_DELIMITED) report = fields.bytes()
    else {
      fields.skip(wireType, field)
      if (rest.push(bytes.subarray(from, fields.pos)) > mostThings) throw new OverfullMessageError('fields', mostThings)
    }
  }
  return { report, rest: Buffer.concat(rest) }
}

/** How many things the messages of a monitor may have, by how many are taken. */
export function mostThingsOf(limits: ReportLimits): number {
  const { observationsPerReport, eventsPerReport, samplesPerReport, runsPerReport } = limits
  return THINGS_TIMES * (observationsPerReport + eventsPerReport + samplesPerReport + runsPerReport)
}

/**
 * A message of the stream, a large one in parts: each `yield` ends one. A small one has no room for too many things.
 * @throws OverfullMessageError, and what the decoder throws where it is not of the protocol
 */
export function* readWatchResponse(
  bytes: Uint8Array,
  mostThings: number,
  partBytes = PART_BYTES,
): Generator<void, WatchResponse> {
  if (bytes.length <= partBytes) return WatchResponse.decode(new BoundedReader(bytes, PART_NUMBERS_MAX))
  const { report, rest } = split(bytes, mostThings)
  const response = WatchResponse.decode(new BoundedReader(rest, PART_NUMBERS_MAX))
  if (report !== undefined) response.report = yield* readReport(report, { partBytes, mostThings })
  return response
}
