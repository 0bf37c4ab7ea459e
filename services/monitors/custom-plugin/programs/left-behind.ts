/** Programs that could not be ended at their deadline: nothing is started beside one while it is there. */
import type { AbandonedPlugin } from '#host'
import type { Clock, Logger } from '#service'

/** One that is there. */
export interface LeftBehind {
  readonly path: string
  readonly why: AbandonedPlugin['why']
  readonly sinceMs: number
}

/** Those of a check, by whatever their runs are known by. */
export interface LeftBehinds<Key> {
  /** How many there ever were. */
  readonly count: number
  /** One is. */
  isThere(key: Key): boolean
  note(key: Key, path: string, program: AbandonedPlugin): void
  /** Those that are there. */
  all(): readonly LeftBehind[]
}

const WHY: Readonly<Record<AbandonedPlugin['why'], string>> = {
  uninterruptible: 'sleeps where no signal reaches it',
  stranger: 'has started something that left its group and holds its output',
}

/** "/x.sh was left behind 40 s ago: it sleeps where no signal reaches it" */
export function leftBehindText({ path, why, sinceMs }: LeftBehind): string {
  return `${path} was left behind ${Math.round(sinceMs / 1000)} s ago, and is not started beside that: it ${WHY[why]}`
}

export function createLeftBehinds<Key>({
  clock,
  log,
}: {
  readonly clock: Clock
  readonly log: Logger
}): LeftBehinds<Key> {
  const known = new Map<Key, { path: string; program: AbandonedPlugin; atMs: number }>()
  let count = 0
  return {
    get count() {
      return count
    },
    isThere: (key) => known.get(key)?.program.isAlive === true,
    note(key, path, program) {
      count++
      known.set(key, { path, program, atMs: clock.monotonicMs() })
      const { pid, why } = program
      log.warn('a plug-in cannot be ended at its deadline and is left behind', { path, pid, why })
      void program.ended.then(() => {
        known.delete(key)
        log.info('a plug-in that was left behind has ended', { path, pid })
      })
    },
    all: () =>
      [...known.values()]
        .filter(({ program }) => program.isAlive)
        .map(({ path, program, atMs }) => ({ path, why: program.why, sinceMs: clock.monotonicMs() - atMs })),
  }
}
