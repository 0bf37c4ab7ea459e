/** Messages of D-Bus, as bytes and back. D-Bus specification, "Message Format". */
import { BusMalformedError } from './errors.ts'
import { type BusValue, createBusReader } from './read.ts'
import { parseSignature } from './signature.ts'

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
  /** All are texts, which is what systemd's methods for units take. Default: none. */
  readonly args?: readonly string[]
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

/** Padding up to the next multiple of `multiple`. */
function padding(length: number, multiple: number): Buffer {
  return Buffer.alloc((multiple - (length % multiple)) % multiple)
}

function sized(text: string): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(Buffer.byteLength(text))
  return Buffer.concat([size, Buffer.from(`${text}\0`)])
}

/** Parts one after the other, each beginning at a multiple. */
function joined(parts: readonly Buffer[], multiple: number): Buffer {
  let all = Buffer.alloc(0)
  for (const part of parts) all = Buffer.concat([all, padding(all.length, multiple), part])
  return all
}

function field(code: number, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code, 1, type.charCodeAt(0), 0]), value])
}

/** A call as bytes. @param serial its number on this connection, from 1 */
export function encodeCall(call: BusCall, serial: number): Buffer {
  const { args = [] } = call
  const body = joined(args.map(sized), 4)
  const signature = 's'.repeat(args.length)
  const fields = joined(
    [
      field(FIELD.path, 'o', sized(call.path)),
      field(FIELD.interface, 's', sized(call.interface)),
      field(FIELD.member, 's', sized(call.member)),
      field(FIELD.destination, 's', sized(call.destination)),
      ...(args.length === 0
        ? []
        : [
            field(
              FIELD.signature,
              'g',
              Buffer.concat([Buffer.from([signature.length]), Buffer.from(`${signature}\0`)]),
            ),
          ]),
    ],
    8,
  )
  const head = Buffer.alloc(FIXED_BYTES)
  head.set([0x6c, 1, NO_AUTO_START, 1])
  head.writeUInt32LE(body.length, 4)
  head.writeUInt32LE(serial, 8)
  head.writeUInt32LE(fields.length, 12)
  return Buffer.concat([head, fields, padding(fields.length, 8), body])
}
