/** Something that is asked of a disk, which may not answer. */
import { type Clock, within } from '#clock'
import { createBackoff } from '#pace'

/** So long after an answer that did not come it is waited for again, and after each other one twice as long. */
const GAP_MS = 1_000
const GAP_MAX_MS = 60_000

/** A process that is held does not hear what comes: it waits a little so often that once does not matter. */
const WAITS = 10
const WAIT_MS = 100

async function shortWait(clock: Clock, answer: Promise<unknown>): Promise<void> {
  await within(clock, answer.then(nothing, nothing), WAIT_MS, nothing)
}

function nothing(): void {}

/**
 * What is asked of a disk goes on until it answers, and holds a thread of this process: it is asked once at a time.
 * @returns a function that asks, or asks after what was asked before: undefined while there is no answer
 */
export function createQuestion<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T | undefined> {
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
      for (let waits = 0; waits < WAITS && !question.isThere; waits++) await shortWait(clock, question.answer)
      return question.isThere ? await question.answer : undefined
    } finally {
      if (!question.isThere) waitAgainMs = clock.monotonicMs() + backoff.next()
      else if (asked === question) {
        asked = undefined
        waitAgainMs = Number.NEGATIVE_INFINITY
        backoff.reset()
      }
    }
  }
}
