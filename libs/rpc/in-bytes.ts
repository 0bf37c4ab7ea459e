/** Responses that are bytes already. */

interface AnyMethod {
  readonly responseSerialize: (value: never) => Buffer
}

/** The same memory as grpc-js wants it. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

/** A generated method whose handler hands over each response as the bytes of its message: they go out as they are. */
export function respondsInBytes<M extends AnyMethod>(
  method: M,
): Omit<M, 'responseSerialize'> & { readonly responseSerialize: (bytes: Uint8Array) => Buffer } {
  return { ...method, responseSerialize: asBuffer }
}
