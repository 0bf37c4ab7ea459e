/** Runs a check as the kit does, over a tree of files and a clock that the test moves. */
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHost } from '#host'
import type { Clock, Logger } from '#service'
import { tempFolder } from '../../host/testing.ts'
import { NO_MEMORY } from '../memory.ts'
import type { CheckDefinition, CheckMemory, CheckResult, ClearedWord, Finding } from '../types.ts'

const NO_LOG: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => NO_LOG,
}

/** A clock whose two hands are moved apart, so that steps of the wall clock can be made. */
export interface HandClock extends Clock {
  /** Time passes. */
  pass(ms: number): void
  /** Somebody sets the wall clock. */
  step(ms: number): void
}

export function handClock(start = new Date('2024-05-12T03:14:12Z')): HandClock {
  let wall = start.getTime()
  let mono = 1_000_000
  return {
    now: () => new Date(wall),
    monotonicMs: () => mono,
    sleep: () => Promise.resolve(),
    pass(ms) {
      wall += ms
      mono += ms
    },
    step(ms) {
      wall += ms
    },
  }
}

export interface CheckUnderTest {
  readonly clock: HandClock
  /** One run, `afterMs` (default 30 s) after the one before. */
  run(afterMs?: number): Promise<CheckResult>
  /** A person's word. */
  clear(type: string, entity?: string): void
}

/** What a check remembers, without a file: given to a second one, that is a process that was started again. */
export function heldMemory(): CheckMemory {
  let kept: string | undefined
  return {
    recall: () => Promise.resolve(kept === undefined ? undefined : (JSON.parse(kept) as unknown)),
    remember(facts) {
      kept = JSON.stringify(facts)
    },
  }
}

/** @param root folder with `proc`, `sys` and so on; "" for this machine */
export function startCheck<Config>(
  definition: CheckDefinition<Config>,
  options: { root: string; config: Config; memory?: CheckMemory; clock?: HandClock },
): CheckUnderTest {
  const { root, config, memory = NO_MEMORY, clock = handClock() } = options
  const context = { config, name: definition.type, host: createHost({ root }), clock, log: NO_LOG, memory }
  const run = definition.create(context)
  let first = true
  return {
    clock,
    run(afterMs = 30_000) {
      if (!first) clock.pass(afterMs)
      first = false
      return run({ ...context, signal: new AbortController().signal })
    },
    clear(type, entity = '') {
      const word: ClearedWord = { type, entity, by: 'ann', why: 'replaced' }
      run.cleared?.(word)
    },
  }
}

/**
 * Runs a check over a fixture: a folder with `proc`, `sys` and so on, or one with stages `1`, `2`, … of such, each laid
 * over the one before at its run; the last one stays.
 */
export async function startFixture<Config>(
  definition: CheckDefinition<Config>,
  options: { folder: string; config: Config },
): Promise<CheckUnderTest & AsyncDisposable> {
  const { folder, config } = options
  const temp = await tempFolder()
  const stages = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b))
  if (stages.length === 0) await cp(folder, temp.path, { recursive: true, verbatimSymlinks: true })
  const check = startCheck(definition, { root: temp.path, config })
  return {
    clock: check.clock,
    clear: check.clear,
    async run(afterMs) {
      const stage = stages.shift()
      if (stage !== undefined) await cp(join(folder, stage), temp.path, { recursive: true, verbatimSymlinks: true })
      return check.run(afterMs)
    },
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  }
}

/** The one finding of a type (and entity). @throws Error when there is none */
export function findingOf(result: { findings: readonly Finding[] }, type: string, entity = ''): Finding {
  const found = result.findings.filter((f) => f.type === type && (f.entity ?? '') === entity)
  const [finding] = found
  if (finding === undefined || found.length > 1) {
    const all = result.findings.map((f) => `${f.type} ${f.entity ?? ''}`).join(', ')
    throw new Error(`${found.length} findings of ${type} ${entity}; there are: ${all}`)
  }
  return finding
}

/** The value of one metric sample; undefined when it was not reported. */
export function sampleOf(result: CheckResult, name: string, labels: Record<string, string> = {}): number | undefined {
  return result.metrics?.find(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )?.value
}

/** Absolute path of a fixture tree beside a test: `fixture(import.meta.url, 'well')`. */
export function fixture(testUrl: string, name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, testUrl))
}
