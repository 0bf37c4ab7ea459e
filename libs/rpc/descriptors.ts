/** The descriptors of every protocol, for reflection: a file beside the bundle, or in libs/proto when run from source. */
import { readFile } from 'node:fs/promises'

/** A serialized FileDescriptorSet. @throws when it lies in neither place. */
export async function readDescriptors(): Promise<Uint8Array> {
  const here = new URL('./descriptors.binpb', import.meta.url)
  try {
    return await readFile(here)
  } catch {
    return readFile(new URL('../proto/descriptors.binpb', import.meta.url))
  }
}

/** The files of a FileDescriptorSet (field 1 of it), undecoded. */
export function splitDescriptorSet(set: Uint8Array): Uint8Array[] {
  const files: Uint8Array[] = []
  let at = 0
  while (at < set.length) {
    const tag = readVarint(set, at)
    const length = readVarint(set, tag.next)
    if (tag.value !== 10) throw new Error('not a FileDescriptorSet')
    files.push(set.subarray(length.next, length.next + length.value))
    at = length.next + length.value
  }
  return files
}

export function readVarint(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0
  let scale = 1
  for (let next = at; next < bytes.length; next++) {
    const byte = bytes[next] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: next + 1 }
    scale *= 128
  }
  throw new Error('a number is cut off')
}
