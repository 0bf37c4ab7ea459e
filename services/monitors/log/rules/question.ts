/** Something that is asked of a disk, which may not answer. */
import type { Clock } from '#clock'
import { createBackoff } from '#pace'

/** So long after an answer that did not come it is waited for again, and after each other one twice as long. */
const GAP_MS = 1_000
const GAP_MAX_MS = 60_000

/**
 * What is asked of a disk goes on until it answers, and holds a thread of this process: it is asked once at a time.
 * @param wait for an answer; undefined: it comes too late
 * @returns a function that asks, or asks after what was asked before: undefined while there is no answer
 */
export function createQuestion<T>(
  clock: Pick<Clock, 'monotonicMs'>,
  ask: () => Promise<T>,
  wait: (answer: Promise<T>) => Promise<T | undefined>,
): () => Promise<T | undefined> {
  const backoff = createBackoff({ minMs: GAP_MS, maxMs: GAP_MAX_MS, steady: 1 })
  let asked: { readonly answer: Promise<T>; isThere: boolean } | undefined
  let waitAgainMs = Number.NEGATIVE_INFINITY

  function begin() {
    const question = { answer: ask(), isThere: false }
    const came = (): void => {
      question.isThere = true
    }
    question.answer.then(came, came)
    return question
  }

  return async () => {
    asked ??= begin()
    const question = asked
    if (!question.isThere && clock.monotonicMs() < waitAgainMs) return undefined
    try {
      return await wait(question.answer)
    } finally {
      if (!question.isThere) waitAgainMs = clock.monotonicMs() + backoff.next()
      else if (asked === question) {
        asked = undefined
        backoff.reset()
      }
    }
  }
}
