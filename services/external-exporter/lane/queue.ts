/** What waits for one exporter: of the bus the oldest first, what this service says itself as it came; nothing twice. Pure but for its promises. */
import type { Content } from '../content.ts'

/** What waits, and who waits for it. */
export interface Waiting {
  readonly from: string
  readonly content: Content
  readonly taken: Promise<void>
  resolve(): void
  reject(err: unknown): void
}

export interface Queue {
  readonly length: number
  /** @returns resolves when it was taken; what waits already is not added again */
  add(from: string, content: Content): Promise<void>
  /** The next, which stays until it is removed. Of one source in the order in which they came. */
  first(): Waiting | undefined
  remove(one: Waiting): void
  /** Nobody takes them any more. */
  end(err: unknown): void
}

function waitingOf(from: string, content: Content): Waiting {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Who asked hears of it; that nobody listens is no fault.
  promise.catch(() => undefined)
  return { from, content, taken: promise, resolve, reject }
}

/** The clock may have been set between what the bus got and what is said here: these are not held against each other by it. */
function nextOf(heads: readonly Waiting[]): Waiting | undefined {
  const timed = heads.flatMap((one) => (one.content.at === undefined ? [] : [{ one, atMs: one.content.at.getTime() }]))
  const oldest = timed.toSorted((a, b) => a.atMs - b.atMs)[0]?.one
  return heads.find((one) => one === oldest || one.content.at === undefined)
}

export function createQueue(): Queue {
  const waiting: Waiting[] = []
  return {
    get length() {
      return waiting.length
    },
    add(from, content) {
      const same = waiting.find((one) => one.from === from && one.content.key === content.key)
      if (same !== undefined) return same.taken
      const one = waitingOf(from, content)
      waiting.push(one)
      return one.taken
    },
    first() {
      const heads = new Map<string, Waiting>()
      for (const one of waiting) if (!heads.has(one.from)) heads.set(one.from, one)
      return nextOf([...heads.values()])
    },
    remove(one) {
      const at = waiting.indexOf(one)
      if (at >= 0) waiting.splice(at, 1)
    },
    end(err) {
      for (const one of waiting.splice(0)) one.reject(err)
    },
  }
}
