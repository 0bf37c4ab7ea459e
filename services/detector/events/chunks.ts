/** What stands in a stream, oldest first: neighbours are kept together, with what each source has of them. Pure. */

/** Sequences that are taken off the books together. */
export const CHUNK = 16

/** Neighbours in the stream. */
export interface Chunk {
  /** The last sequence of them. */
  last: number
  count: number
  /** Of each source. */
  readonly bytes: Map<string, number>
}

/** An event in its stream. */
export interface Stored {
  readonly name: string
  readonly size: number
  readonly sequence: number
}

/** Behind the others. */
export function enter(chunks: Chunk[], { name, size, sequence }: Stored): void {
  let chunk = chunks.at(-1)
  if (chunk === undefined || chunk.count >= CHUNK) {
    chunk = { last: 0, count: 0, bytes: new Map() }
    chunks.push(chunk)
  }
  chunk.last = Math.max(chunk.last, sequence)
  chunk.count++
  chunk.bytes.set(name, (chunk.bytes.get(name) ?? 0) + size)
}

/** Takes away those whose last sequence is taken. */
export function leave(chunks: Chunk[], upTo: number): readonly Chunk[] {
  const staying = chunks.findIndex(({ last }) => last > upTo)
  return chunks.splice(0, staying === -1 ? chunks.length : staying)
}
