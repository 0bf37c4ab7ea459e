/** What waits for one exporter: the oldest first, nothing twice. Pure but for its promises. */
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
  /** The oldest, which stays until it is removed. Of one source in the order in which they came. */
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
      return [...heads.values()].toSorted((a, b) => a.content.at.getTime() - b.content.at.getTime())[0]
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
