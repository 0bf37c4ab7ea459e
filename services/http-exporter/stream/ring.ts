/**
 * The last texts, in one piece of memory beside the heap. As strings they would live for many minutes among what lives
 * for seconds: a few of them hold each page of the heap, and a process that only listens grows by megabytes.
 */

export interface RingOptions {
  /** So many at most. */
  readonly texts: number
  /** Of all that are kept, in UTF-8. Touched as they come. */
  readonly bytes: number
}

export interface Ring {
  /** How many are kept. */
  readonly length: number
  /** The oldest make room. One that is larger than the whole leaves nothing. */
  push(text: string): void
  /** The last `count`, the oldest first; fewer where fewer are kept. */
  last(count: number): string[]
}

export function createRing({ texts, bytes }: RingOptions): Ring {
  const memory = Buffer.allocUnsafeSlow(bytes)
  const begins = new Uint32Array(texts)
  const ends = new Uint32Array(texts)
  let oldest = 0
  let length = 0
  /** Where the next one is written. */
  let head = 0

  /** Where the `i`-th from the oldest stands. */
  function place(i: number): { readonly begin: number; readonly end: number } {
    const at = (oldest + i) % texts
    return { begin: begins[at] ?? 0, end: ends[at] ?? 0 }
  }

  function dropWhile(inTheWay: (begin: number, end: number) => boolean): void {
    while (length > 0) {
      const { begin, end } = place(0)
      if (!inTheWay(begin, end)) return
      oldest = (oldest + 1) % texts
      length--
    }
  }

  return {
    get length() {
      return length
    },
    push(text) {
      const size = Buffer.byteLength(text)
      if (size > bytes) {
        length = 0
        head = 0
        return
      }
      if (head + size > bytes) {
        // None is cut in two: what stands in the rest is older than what stands before it.
        const from = head
        dropWhile((begin) => begin >= from)
        head = 0
      }
      const until = head + size
      dropWhile((begin, end) => length === texts || (begin < until && end > head))
      memory.write(text, head)
      const at = (oldest + length) % texts
      begins[at] = head
      ends[at] = until
      length++
      head = until
    },
    last(count) {
      const first = Math.max(0, length - count)
      return Array.from({ length: length - first }, (_, i) => {
        const { begin, end } = place(first + i)
        return memory.toString('utf8', begin, end)
      })
    },
  }
}
