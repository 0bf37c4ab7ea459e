/** Programs that could not be ended, or left somebody who cannot: known while they are there. */
import type { AbandonedPlugin } from '#host'
import type { Clock, Logger } from '#service'

/** Of one plug-in no more strangers are read: of what the oldest of them still writes nobody hears. */
const STRANGERS_MAX = 4

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

/** Why one is there, for the log. */
const NOTED: Readonly<Record<AbandonedPlugin['why'], string>> = {
  uninterruptible: 'a plug-in cannot be ended and is left behind',
  stranger: 'what a plug-in started has left its group, holds its output, and is left behind',
}

/** One that is there, as it is known. */
interface Known<Key> {
  readonly key: Key
  readonly path: string
  readonly program: AbandonedPlugin
  readonly atMs: number
}

export function createLeftBehinds<Key>({
  clock,
  log,
}: {
  readonly clock: Clock
  readonly log: Logger
}): LeftBehinds<Key> {
  const known = new Set<Known<Key>>()
  let count = 0
  const alive = (): Known<Key>[] => [...known].filter(({ program }) => program.isAlive)
  const aliveOf = (key: Key): Known<Key>[] => alive().filter((one) => one.key === key)

  return {
    get count() {
      return count
    },
    isThere: (key) => aliveOf(key).length > 0,
    note(key, path, program) {
      count++
      const one = { key, path, program, atMs: clock.monotonicMs() }
      const { pid, why } = program
      const alike = aliveOf(key).filter((other) => other.program.why === why)
      known.add(one)
      // A plug-in that leaves one behind with each run says so once.
      if (alike.length === 0) log.warn(NOTED[why], { path, pid, why })
      if (why === 'stranger' && alike.length >= STRANGERS_MAX) alike[0]?.program.letGo?.()
      void program.ended.then(() => {
        known.delete(one)
        if (aliveOf(key).length === 0) log.info('a plug-in that was left behind has ended', { path, pid })
      })
    },
    all: () =>
      alive().map(({ path, program, atMs }) => ({ path, why: program.why, sinceMs: clock.monotonicMs() - atMs })),
  }
}
