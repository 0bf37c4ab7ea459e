/**
 * Gives back the memory of bytes that nobody reads any more, at once: what lies outside of the heap is else kept until a
 * collection that looks at the heap alone. Bytes that share their memory with others are left.
 */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
