/** A text as it is written, piece by piece: a large one is packed on the way, and is never there as a whole. */
import { once } from 'node:events'
import { createGzip, type Gzip } from 'node:zlib'
import { freeBytes } from './free-bytes.ts'

/** What all of plug-ins tell is 9 MiB of text, and half of one MiB packed. */
export const PACKED_ABOVE = 1024 ** 2

/** The text in UTF-8; `packed`: by gzip. */
export interface Written {
  readonly body: Uint8Array
  readonly packed: boolean
}

export interface Packing {
  /** Resolves when the next piece may come; the piece is no more then. */
  add(piece: Uint8Array): Promise<void>
  end(): Promise<Written>
}

export function createPacking(): Packing {
  let pieces: Uint8Array[] = []
  let bytes = 0
  let gzip: Gzip | undefined

  function pack(to: Gzip, piece: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      to.write(piece, (err) => (err ? reject(err) : resolve()))
    })
  }

  async function begin(): Promise<Gzip> {
    const begun = createGzip({ level: 1, chunkSize: 64 * 1024 })
    const before = pieces
    pieces = []
    begun.on('data', (chunk: Uint8Array) => pieces.push(chunk))
    for (const piece of before) {
      await pack(begun, piece)
      freeBytes(piece)
    }
    return begun
  }

  return {
    async add(piece) {
      bytes += piece.byteLength
      if (bytes <= PACKED_ABOVE) {
        pieces.push(piece)
        return
      }
      gzip ??= await begin()
      await pack(gzip, piece)
      freeBytes(piece)
    },
    async end() {
      if (gzip === undefined) return { body: Buffer.concat(pieces), packed: false }
      const ended = once(gzip, 'end')
      gzip.end()
      await ended
      return { body: Buffer.concat(pieces), packed: true }
    },
  }
}
