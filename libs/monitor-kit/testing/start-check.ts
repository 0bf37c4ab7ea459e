/** Runs a check as the kit does, over a tree of files and a clock that the test moves. */
import { createHost, type Host } from '#host'
import type { Stopwatch } from '#probe'
import { declarationOf } from '../declaration.ts'
import { NO_MEMORY } from '../memory.ts'
import type { CheckContext, CheckDefinition, CheckMemory, CheckResult, ClearedWord, Declaration } from '../types.ts'
import { type HandClock, handClock } from './hand-clock.ts'
import { type Following, startFollowing } from './start-following.ts'
import { surroundings } from './surroundings.ts'

/** A check that a test runs by hand. */
export interface CheckUnderTest {
  readonly clock: HandClock
  /** What it may say, with this configuration. */
  readonly declared: Required<Declaration>
  /** One run, `afterMs` (default 30 s) after the one before. @param signal default: nothing ends it */
  run(afterMs?: number, signal?: AbortSignal): Promise<CheckResult>
  /** One look with a caller's parameters, for his answer alone. */
  answer(parameters: Readonly<Record<string, string>>): Promise<CheckResult>
  /**
   * Lets it follow its source, as one life of it does: a throw ends it.
   * @param cursor to go on from. Default undefined: it begins
   * @param isCursorKnown false: whether there is one cannot be read yet. Default true
   * @throws TypeError when it follows nothing
   */
  follow(cursor?: unknown, isCursorKnown?: boolean): Following
  /** It follows a source. */
  readonly follows: boolean
  /** How often it asked for its turn. */
  readonly woken: number
  /** A person's word. */
  clear(type: string, entity?: string): void
}

/** What a test gives a check. */
export interface CheckSetting<Config, Shared = unknown> {
  /** Folder with `proc`, `sys` and so on; "" for this machine. */
  readonly root: string
  readonly config: Config
  /** Default: it remembers nothing. */
  readonly memory?: CheckMemory
  readonly clock?: HandClock
  /** Default: the files of `root`, and the programs of this machine. */
  readonly host?: Host
  /** From one turn to the next, as configured. Default: the check's own. */
  readonly intervalMs?: number
  /** How long a run may take, as configured; nothing ends one here. Default: the check's own. */
  readonly timeoutMs?: number
  /** Default: one that knows no more than the clock does. */
  readonly stopwatch?: Stopwatch
  /** Default: there is none. */
  readonly stateFolder?: string
  /** What all checks of its monitor have together. Default: nothing. */
  readonly shared?: Shared | undefined
}

/** Makes one instance of a check; its first run is the caller's. */
export function startCheck<Config, Shared = unknown>(
  definition: CheckDefinition<Config, Shared>,
  setting: CheckSetting<Config, Shared>,
): CheckUnderTest {
  const { root, config, memory = NO_MEMORY, clock = handClock(), host = createHost({ root }) } = setting
  const { stateFolder, stopwatch } = setting
  let woken = 0
  const around = surroundings({
    name: definition.type,
    intervalMs: setting.intervalMs ?? definition.intervalMs,
    timeoutMs: setting.timeoutMs ?? definition.timeoutMs,
    host,
    clock,
    memory,
    shared: setting.shared,
    wake: () => void woken++,
    ...(stopwatch !== undefined && { stopwatch }),
    ...(stateFolder !== undefined && { stateFolder: () => Promise.resolve(stateFolder) }),
  })
  // A check that is given none is made as its monitor makes it where that makes nothing.
  const context: Omit<CheckContext<Config, Shared>, 'signal'> = { ...around, config, shared: setting.shared as Shared }
  const run = definition.create(context)
  const follow = run.follow ?? definition.follow
  let first = true
  return {
    clock,
    declared: declarationOf(definition, definition.type, config),
    get woken() {
      return woken
    },
    run(afterMs = 30_000, signal = new AbortController().signal) {
      if (!first) clock.pass(afterMs)
      first = false
      return run({ ...context, signal })
    },
    answer: (parameters) => run({ ...context, parameters, signal: new AbortController().signal }),
    follows: follow !== undefined,
    follow(cursor, isCursorKnown = true) {
      if (follow === undefined) throw new TypeError(`check ${definition.type} follows nothing`)
      return startFollowing(follow, { ...context, cursor, isCursorKnown })
    },
    clear(type, entity = '') {
      const word: ClearedWord = { type, entity, by: 'ann', why: 'replaced' }
      run.cleared?.(word)
    },
  }
}
