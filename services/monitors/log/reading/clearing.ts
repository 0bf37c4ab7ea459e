/** What persons clear: it is let go of at once, or as soon as it is known what there is to let go of. Pure. */
import type { ClearedWord } from '#monitor-kit'

/** Who knows what is so. */
export interface Knowing<Life> {
  /** The life that goes on, or went on last. */
  readonly current: Life | undefined
  /** What earlier ones left is known to it. */
  readonly isTaken: boolean
}

/** Takes the words of persons. */
export interface Clearing<Life> {
  cleared(word: ClearedWord): void
  /** A life begins. */
  known(life: Life): void
}

export function createClearing<Life>(
  knowing: Knowing<Life>,
  letGo: (life: Life, word: ClearedWord) => void,
): Clearing<Life> {
  const early: ClearedWord[] = []
  return {
    cleared(word) {
      if (!knowing.isTaken) early.push(word)
      if (knowing.current !== undefined) letGo(knowing.current, word)
    },
    known(life) {
      for (const word of early) letGo(life, word)
      if (knowing.isTaken) early.length = 0
    },
  }
}
