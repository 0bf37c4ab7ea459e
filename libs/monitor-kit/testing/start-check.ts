/** Runs a check as the kit does, over a tree of files and a clock that the test moves. */
import { createHost, type Host } from '#host'
import type { Logger } from '#service'
import { declarationOf } from '../declaration.ts'
import { NO_MEMORY } from '../memory.ts'
import type { CheckDefinition, CheckMemory, CheckResult, ClearedWord, Declaration } from '../types.ts'
import { type HandClock, handClock } from './hand-clock.ts'

const NO_LOG: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => NO_LOG,
}

/** A check that a test runs by hand. */
export interface CheckUnderTest {
  readonly clock: HandClock
  /** What it may say, with this configuration. */
  readonly declared: Required<Declaration>
  /** One run, `afterMs` (default 30 s) after the one before. @param signal default: nothing ends it */
  run(afterMs?: number, signal?: AbortSignal): Promise<CheckResult>
  /** A person's word. */
  clear(type: string, entity?: string): void
}

/** What a test gives a check. */
export interface CheckSetting<Config> {
  /** Folder with `proc`, `sys` and so on; "" for this machine. */
  readonly root: string
  readonly config: Config
  /** Default: it remembers nothing. */
  readonly memory?: CheckMemory
  readonly clock?: HandClock
  /** Default: the files of `root`, and the programs of this machine. */
  readonly host?: Host
}

/** Makes one instance of a check; its first run is the caller's. */
export function startCheck<Config>(definition: CheckDefinition<Config>, setting: CheckSetting<Config>): CheckUnderTest {
  const { root, config, memory = NO_MEMORY, clock = handClock(), host = createHost({ root }) } = setting
  const context = { config, name: definition.type, host, clock, log: NO_LOG, memory }
  const run = definition.create(context)
  let first = true
  return {
    clock,
    declared: declarationOf(definition, definition.type, config),
    run(afterMs = 30_000, signal = new AbortController().signal) {
      if (!first) clock.pass(afterMs)
      first = false
      return run({ ...context, signal })
    },
    clear(type, entity = '') {
      const word: ClearedWord = { type, entity, by: 'ann', why: 'replaced' }
      run.cleared?.(word)
    },
  }
}
