/**
 * How what a monitor sends is read. A message is bounded in its fields, not only in its bytes: two bytes can say "one more
 * condition, all empty", and half a million of those would take the memory of the detector. A large report is read in parts,
 * so that reading one does not hold the event loop.
 */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire'
import { WatchResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { Report } from '#proto/nodedoctor/v1/types.ts'

/**
 * Tags, lengths and numbers of 32 bits in one message, those inside of others included. A report that is taken whole, of
 * the largest message that is taken, has fewer: four bytes to each on the average.
 */
const NUMBERS_MAX = 262_144
/** Conditions, events, samples, runs and names in one report, together. */
const THINGS_MAX = 16_384
/** So much of a report is read at a time. */
const PART_BYTES = 64 * 1024
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

interface Budget {
  left: number
}

/** Reads as the protocol's own reader does, for which tags and lengths are numbers like others, and counts them. */
class BoundedReader extends BinaryReader {
  constructor(bytes: Uint8Array, budget: Budget = { left: NUMBERS_MAX }) {
    super(bytes)
    const read = this.uint32
    this.uint32 = () => {
      if (--budget.left < 0) throw new OverfullMessageError('tags, lengths and small numbers', NUMBERS_MAX)
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

/** A method whose answer is read with {@link NUMBERS_MAX}; the call fails with `INTERNAL` where it has more. */
export function bounded<Method extends object, Response>(
  method: Method,
  answer: Decoded<Response>,
): Method & { readonly responseDeserialize: (bytes: Buffer) => Response } {
  return { ...method, responseDeserialize: (bytes: Buffer) => answer.decode(new BoundedReader(bytes)) }
}

/** Adds what a part of a report has; of what a report has once, the last word counts. */
function add(whole: Record<string, unknown>, part: object): void {
  for (const [key, value] of Object.entries(part)) {
    const before = whole[key]
    if (Array.isArray(before) && Array.isArray(value)) before.push(...(value as readonly unknown[]))
    else if (value !== undefined && value !== 0) whole[key] = value
  }
}

/** Part by part, cut between two fields. */
function* readReport(bytes: Uint8Array, partBytes: number, budget: Budget): Generator<void, Report> {
  const whole = Report.fromPartial({})
  const fields = new BoundedReader(bytes, budget)
  let from = 0
  let things = 0
  while (fields.pos < bytes.length) {
    const [, wireType] = fields.tag()
    if (++things > THINGS_MAX) throw new OverfullMessageError('conditions, events, samples and runs', THINGS_MAX)
    fields.skip(wireType)
    if (fields.pos - from < partBytes && fields.pos < bytes.length) continue
    add(
      whole as unknown as Record<string, unknown>,
      Report.decode(new BoundedReader(bytes.subarray(from, fields.pos), budget)),
    )
    from = fields.pos
    if (from < bytes.length) yield
  }
  return whole
}

/** Where the report lies in the message, and everything else of it. */
function split(bytes: Uint8Array, budget: Budget): { report: Uint8Array | undefined; rest: Uint8Array } {
  const rest: Uint8Array[] = []
  let report: Uint8Array | undefined
  const fields = new BoundedReader(bytes, budget)
  while (fields.pos < bytes.length) {
    const from = fields.pos
    const [field, wireType] = fields.tag()
    if (field === REPORT_FIELD && wireType === LENGTH_DELIMITED) report = fields.bytes()
    else {
      fields.skip(wireType)
      rest.push(bytes.subarray(from, fields.pos))
    }
  }
  return { report, rest: Buffer.concat(rest) }
}

/**
 * A message of the stream, a large one in parts: each `yield` ends one.
 * @throws OverfullMessageError, and what the decoder throws where it is not of the protocol
 */
export function* readWatchResponse(bytes: Uint8Array, partBytes = PART_BYTES): Generator<void, WatchResponse> {
  const budget = { left: NUMBERS_MAX }
  if (bytes.length <= partBytes) return WatchResponse.decode(new BoundedReader(bytes, budget))
  const { report, rest } = split(bytes, budget)
  const response = WatchResponse.decode(new BoundedReader(rest, budget))
  if (report !== undefined) response.report = yield* readReport(report, partBytes, budget)
  return response
}
