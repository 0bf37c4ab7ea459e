/** A check that follows its source, heard by a test. */
import type { CheckResult, Follow, FollowContext, TellOptions } from '../types.ts'

/** What was told at once, and with which cursor. */
export type Told = CheckResult & TellOptions

/** One life of a follower. It ends with `await using`. */
export interface Following extends AsyncDisposable {
  /** What it tells next. Rejects with why it ended, when it has told everything. */
  next(): Promise<Told>
  /** It has said that it follows. */
  readonly isFollowing: boolean
  /** What is told from now on waits for room until what it returns is called. */
  hold(): () => void
  /** Ends it; resolves when it has ended, and rejects with what it threw before. */
  stop(): Promise<void>
}

/** @param follow of a definition, or of its run function */
export function startFollowing<Config, Shared = unknown>(
  follow: Follow<Config, Shared>,
  context: Omit<FollowContext<Config, Shared>, 'following'>,
): Following {
  const told: Told[] = []
  const stopped = new AbortController()
  let isFollowing = false
  let room = Promise.resolve()
  let news = Promise.withResolvers<void>()

  function following(): void {
    isFollowing = true
  }

  const ended = Promise.resolve()
    .then(() =>
      follow(
        { ...context, following },
        async (said, options = {}) => {
          stopped.signal.throwIfAborted()
          told.push(structuredClone({ ...said, ...options }))
          news.resolve()
          await room
        },
        stopped.signal,
      ),
    )
    .catch((err: unknown) => {
      if (!stopped.signal.aborted) throw err
    })
  // Told to whoever asks; nobody need.
  ended.catch(() => undefined)

  async function next(): Promise<Told> {
    for (;;) {
      const first = told.shift()
      if (first !== undefined) return first
      news = Promise.withResolvers()
      const end = ended.then(() => {
        if (told.length === 0) throw new Error('it has stopped following')
      })
      await Promise.race([news.promise, end])
    }
  }

  async function stop(): Promise<void> {
    stopped.abort(new Error('the test stops it'))
    await ended
  }

  return {
    next,
    get isFollowing() {
      return isFollowing
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      room = promise
      return resolve
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
