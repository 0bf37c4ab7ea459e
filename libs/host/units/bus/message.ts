/** Messages of D-Bus, as bytes and back. D-Bus specification, "Message Format". */
import { BusMalformedError } from './errors.ts'
import { type BusValue, createBusReader } from './read.ts'
import { parseSignature } from './signature.ts'
import { type BusVariant, type BusWritable, writeValues } from './write.ts'

/** What the messages of ours take at most: of systemd's, the properties of a service are 14 KiB. The bus would take 128 MiB. */
const MAX_BYTES = 4 * 1024 * 1024
const FIXED_BYTES = 16

/** A method of somebody on the bus is called. */
export interface BusCall {
  /** A name on the bus: "org.freedesktop.systemd1". */
  readonly destination: string
  /** Of the object: "/org/freedesktop/systemd1". */
  readonly path: string
  readonly interface: string
  readonly member: string
  /** Texts, which is what most of systemd's methods for units take. Default: none. */
  readonly args?: readonly string[]
  /** In place of `args`: values of other types. */
  readonly body?: BusBody
}

/** What a method is given. */
export interface BusBody {
  /** One complete type for each value: "ssa(sv)". */
  readonly signature: string
  readonly values: readonly BusWritable[]
}

/** What a message is for; what is of another type is to be passed over, by the specification. */
export type BusMessageKind = 'call' | 'return' | 'error' | 'signal' | 'other'

/** A message that came. A text is "" where its sender left it out. */
export interface BusMessage {
  readonly kind: BusMessageKind
  /** Of the call that it answers; 0: none. */
  readonly replyTo: number
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly errorName: string
  readonly sender: string
  readonly body: readonly BusValue[]
}

const KINDS: readonly BusMessageKind[] = ['other', 'call', 'return', 'error', 'signal']
const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replyTo: 5, destination: 6, sender: 7, signature: 8 }
const LITTLE_ENDIAN = 0x6c
const VERSION = 1
const CALL = 1
/** Nobody is started to answer: who is not there says as much as an answer. */
const NO_AUTO_START = 2

/** The length that a message says it has; undefined: too few bytes to tell. @throws BusMalformedError for what is no message, or too long */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined
  if ((bytes[0] !== 0x6c && bytes[0] !== 0x42) || bytes[3] !== 1)
    throw new BusMalformedError('no message of D-Bus, version 1')
  const isLittle = bytes[0] === 0x6c
  const [body, fields] = [4, 12].map((at) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)))
  const length = FIXED_BYTES + Math.ceil(fields! / 8) * 8 + body!
  if (length > MAX_BYTES) throw new BusMalformedError(`a message of ${length} bytes`)
  return length
}

const FIELDS = parseSignature('a(yv)')[0]!

/** A whole message. @throws BusMalformedError */
export function decodeMessage(bytes: Buffer): BusMessage {
  const reader = createBusReader(bytes, bytes[0] === 0x6c)
  for (let at = 0; at < 3; at++) reader.read({ code: 'u' })
  const fields = new Map(reader.read(FIELDS) as readonly (readonly [number, BusValue])[])
  reader.align(8)
  const text = (code: number): string => {
    const value = fields.get(code)
    return typeof value === 'string' ? value : ''
  }
  const replyTo = fields.get(FIELD.replyTo)
  const body = parseSignature(text(FIELD.signature)).map((type) => reader.read(type))
  if (reader.at !== bytes.length) throw new BusMalformedError('a message is longer than what is in it')
  return {
    kind: KINDS[bytes[1]!] ?? 'other',
    replyTo: typeof replyTo === 'number' ? replyTo : 0,
    path: text(FIELD.path),
    interface: text(FIELD.interface),
    member: text(FIELD.member),
    errorName: text(FIELD.errorName),
    sender: text(FIELD.sender),
    body,
  }
}

/** A call as bytes. @param serial its number on this connection, from 1 @throws TypeError for a value that is not of its type */
export function encodeCall(call: BusCall, serial: number): Buffer {
  const { args = [] } = call
  const { signature, values } = call.body ?? { signature: 's'.repeat(args.length), values: args }
  const body = writeValues(signature, values)
  const fields: [number, BusVariant][] = [
    [FIELD.path, { type: 'o', value: call.path }],
    [FIELD.interface, { type: 's', value: call.interface }],
    [FIELD.member, { type: 's', value: call.member }],
    [FIELD.destination, { type: 's', value: call.destination }],
  ]
  if (signature !== '') fields.push([FIELD.signature, { type: 'g', value: signature }])
  const head = writeValues('yyyyuua(yv)', [LITTLE_ENDIAN, CALL, NO_AUTO_START, VERSION, body.length, serial, fields])
  return Buffer.concat([head, Buffer.alloc((8 - (head.length % 8)) % 8), body])
}
