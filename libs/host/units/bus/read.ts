/** Values of D-Bus, read out of bytes that somebody else wrote. D-Bus specification, "Marshaling (Wire Format)". */
import { BusMalformedError } from './errors.ts'
import { alignmentOf, type BusType, parseSignature } from './signature.ts'

/**
 * A value: 64-bit numbers as bigint; arrays and structs as arrays; dictionaries as arrays of their entries, each an array of two; a
 * variant is what is in it.
 */
export type BusValue = number | bigint | boolean | string | readonly BusValue[]

/** Containers within containers, variants counted: the specification's limit. */
const MAX_DEPTH = 64

/** Reads one value after the other; alignment counts from the first byte. */
export interface BusReader {
  readonly at: number
  /** @throws BusMalformedError */
  read(type: BusType): BusValue
  /** Goes on at the next multiple. @throws BusMalformedError */
  align(bytes: number): void
}

/** Values of basic types, one after the other. */
function createBasics(bytes: Buffer, isLittle: boolean) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0

  /** Where the next `size` bytes begin, which are then behind us. */
  function take(size: number): number {
    const begin = at
    if (size > bytes.length - at) throw new BusMalformedError('a message ends within a value')
    at += size
    return begin
  }

  function text(length: number): string {
    const begin = take(length + 1)
    if (bytes[begin + length] !== 0) throw new BusMalformedError('a text does not end where it says')
    return bytes.toString('utf8', begin, begin + length)
  }

  function truth(): boolean {
    const found = view.getUint32(take(4), isLittle)
    if (found > 1) throw new BusMalformedError('a boolean is neither 0 nor 1')
    return found === 1
  }

  const byCode: Readonly<Record<string, () => BusValue>> = {
    y: () => view.getUint8(take(1)),
    b: truth,
    n: () => view.getInt16(take(2), isLittle),
    q: () => view.getUint16(take(2), isLittle),
    i: () => view.getInt32(take(4), isLittle),
    u: () => view.getUint32(take(4), isLittle),
    h: () => view.getUint32(take(4), isLittle),
    x: () => view.getBigInt64(take(8), isLittle),
    t: () => view.getBigUint64(take(8), isLittle),
    d: () => view.getFloat64(take(8), isLittle),
    s: () => text(view.getUint32(take(4), isLittle)),
    o: () => text(view.getUint32(take(4), isLittle)),
    g: () => text(view.getUint8(take(1))),
  }
  return {
    at: () => at,
    align: (multiple: number): void => void take((multiple - (at % multiple)) % multiple),
    length: () => view.getUint32(take(4), isLittle),
    signature: () => text(view.getUint8(take(1))),
    read: (code: string) => byCode[code]!(),
  }
}

export function createBusReader(bytes: Buffer, isLittle: boolean): BusReader {
  const basics = createBasics(bytes, isLittle)

  function array(of: BusType, depth: number): readonly BusValue[] {
    const length = basics.length()
    basics.align(alignmentOf(of))
    const end = basics.at() + length
    if (end > bytes.length) throw new BusMalformedError('an array is longer than its message')
    const values: BusValue[] = []
    while (basics.at() < end) values.push(value(of, depth))
    if (basics.at() > end) throw new BusMalformedError('an array ends within a value')
    return values
  }

  function variant(depth: number): BusValue {
    const [type, ...more] = parseSignature(basics.signature())
    if (type === undefined || more.length > 0) throw new BusMalformedError('a variant is not one value')
    return value(type, depth)
  }

  function value(type: BusType, depth: number): BusValue {
    if (depth > MAX_DEPTH) throw new BusMalformedError('a value is nested too deeply')
    basics.align(alignmentOf(type))
    if (!('of' in type)) return type.code === 'v' ? variant(depth + 1) : basics.read(type.code)
    return type.code === 'a' ? array(type.of, depth + 1) : type.of.map((each) => value(each, depth + 1))
  }

  return {
    get at() {
      return basics.at()
    },
    read: (type) => value(type, 0),
    align: basics.align,
  }
}
