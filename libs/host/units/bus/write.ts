/** Values of D-Bus as bytes, least byte first. D-Bus specification, "Marshaling (Wire Format)". */
import { alignmentOf, type BusType, parseSignature } from './signature.ts'

/** A value of any type, which is told with it: `{ type: 's', value: 'simple' }`. */
export interface BusVariant {
  /** A signature of one complete type. */
  readonly type: string
  readonly value: BusWritable
}

/** As {@link BusValue} of read.ts, but for a variant, which has to say its type. */
export type BusWritable = number | bigint | boolean | string | BusVariant | readonly BusWritable[]

/** A value is not of the type that its signature names: a fault of this program. */
function wrong(type: string, value: unknown): TypeError {
  return new TypeError(`no value of D-Bus type ${type}: ${String(value)}`)
}

function isList(value: BusWritable): value is readonly BusWritable[] {
  return Array.isArray(value)
}

function isVariant(value: BusWritable): value is BusVariant {
  return typeof value === 'object' && 'type' in value
}

function number32(value: number, isSigned: boolean): Buffer {
  const bytes = Buffer.alloc(4)
  if (isSigned) bytes.writeInt32LE(value)
  else bytes.writeUInt32LE(value)
  return bytes
}

function number64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

function text(value: string, lengthBytes: 1 | 4): Buffer {
  if (value.includes('\0')) throw wrong('s', 'a text with a NUL')
  const size = Buffer.byteLength(value)
  return Buffer.concat([
    lengthBytes === 1 ? Buffer.from([size]) : number32(size, false),
    Buffer.from(value),
    Buffer.alloc(1),
  ])
}

/** Basic types that are sent; no other is. */
function basic(code: string, value: BusWritable): Buffer {
  if ((code === 's' || code === 'o') && typeof value === 'string') return text(value, 4)
  if (code === 'g' && typeof value === 'string') return text(value, 1)
  if (code === 'y' && typeof value === 'number') return Buffer.from([value])
  if (code === 'b' && typeof value === 'boolean') return number32(value ? 1 : 0, false)
  if ((code === 'u' || code === 'i') && typeof value === 'number') return number32(value, code === 'i')
  if (code === 't' && typeof value === 'bigint') return number64(value)
  throw wrong(code, value)
}

/**
 * Writes values one after the other. @param signature one complete type for each
 * @throws TypeError for a value that is not of its type, BusMalformedError for a signature that is none
 */
export function writeValues(signature: string, values: readonly BusWritable[]): Buffer {
  let all = Buffer.alloc(0)
  const add = (bytes: Buffer): void => {
    all = Buffer.concat([all, bytes])
  }
  const align = (multiple: number): void => add(Buffer.alloc((multiple - (all.length % multiple)) % multiple))

  /** Its length counts from its first item, behind the padding for that. */
  function array(of: BusType, items: readonly BusWritable[]): void {
    const at = all.length
    add(number32(0, false))
    align(alignmentOf(of))
    const begin = all.length
    for (const item of items) write(of, item)
    all.writeUInt32LE(all.length - begin, at)
  }
  function variant(value: BusWritable): void {
    if (!isVariant(value)) throw wrong('v', value)
    add(text(value.type, 1))
    each(value.type, [value.value])
  }
  function write(type: BusType, value: BusWritable): void {
    align(alignmentOf(type))
    if (!('of' in type)) {
      if (type.code === 'v') variant(value)
      else add(basic(type.code, value))
    } else if (!isList(value)) throw wrong(type.code, value)
    else if (type.code === 'a') array(type.of, value)
    else struct(type.of, value)
  }
  function struct(types: readonly BusType[], values: readonly BusWritable[]): void {
    if (types.length !== values.length) throw wrong('(', values)
    for (const [at, type] of types.entries()) write(type, values[at]!)
  }
  function each(types: string, of: readonly BusWritable[]): void {
    const parsed = parseSignature(types)
    if (parsed.length !== of.length) throw wrong(types, of)
    struct(parsed, of)
  }

  each(signature, values)
  return all
}
