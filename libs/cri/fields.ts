/** Messages of which little is wanted: the rest (labels, images, most annotations) is passed over unread. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** By its number what came of a field, in the order in which it came: bytes of a text or a message, numbers of an enum. */
export type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>

/**
 * @param wanted numbers of fields
 * @param isWide numbers may have 64 bits: exact up to 2^53. Default false: 32, which is cheaper
 * @throws Error when the bytes are no message
 */
export function fieldsOf(message: Uint8Array, wanted: ReadonlySet<number>, isWide = false): Fields {
  const reader = new BinaryReader(message)
  const fields = new Map<number, (Uint8Array | number)[]>()
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    const isRead = wanted.has(field) && (type === WireType.LengthDelimited || type === WireType.Varint)
    if (!isRead) {
      reader.skip(type, field)
      continue
    }
    const number = (): number => (isWide ? Number(reader.int64()) : reader.int32())
    const value = type === WireType.Varint ? number() : reader.bytes()
    const before = fields.get(field)
    if (before === undefined) fields.set(field, [value])
    else before.push(value)
  }
  return fields
}

/** All messages, or texts, of a field. */
export function bytesAt(fields: Fields, field: number): readonly Uint8Array[] {
  return fields.get(field)?.filter((value) => typeof value !== 'number') ?? []
}

/** The text of a field; "" where there is none. Of several the last, as protobuf has it; what is no UTF-8 becomes U+FFFD. */
export function textAt(fields: Fields, field: number): string {
  const bytes = bytesAt(fields, field).at(-1)
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** The number of a field; 0 where there is none. */
export function numberAt(fields: Fields, field: number): number {
  const value = fields.get(field)?.at(-1)
  return typeof value === 'number' ? value : 0
}
