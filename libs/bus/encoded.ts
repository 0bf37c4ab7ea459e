import { BusRefusedError } from './errors.ts'

/** @throws BusRefusedError for a value that no message can hold */
export function encoded(encode: () => Uint8Array, what: string): Uint8Array {
  try {
    return encode()
  } catch (err) {
    throw new BusRefusedError(what, 'undecodable', err)
  }
}

/** @throws BusRefusedError for bytes that are more than a message may have */
export function withinMessage(bytes: Uint8Array, mostBytes: number, what: string): Uint8Array {
  if (bytes.length <= mostBytes) return bytes
  throw new BusRefusedError(
    what,
    'oversized',
    new Error(`it is ${bytes.length} bytes, a message may have ${mostBytes}`),
  )
}
