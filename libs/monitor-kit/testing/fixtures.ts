/** Runs a check over a machine that was captured. */
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../../host/testing.ts'
import type { CheckDefinition } from '../types.ts'
import { handClock } from './hand-clock.ts'
import { heldMemory } from './held-memory.ts'
import type { SharedOver } from './on-disk.ts'
import { recordedHost } from './recorded-host.ts'
import { type CheckUnderTest, startCheck } from './start-check.ts'

/** A check over a fixture; its folder goes with `await using`. */
export interface FixtureCheck extends CheckUnderTest, AsyncDisposable {
  /** As after kill -9: from now on a new instance runs, which knows what the former one remembered of this boot. */
  restart(): void
}

/**
 * Runs a check over a fixture: a folder with `proc`, `sys` and so on, or one with stages `1`, `2`, … of such, each laid
 * over the one before at its run; the last one stays. No program is run: a file `programs/perl` is what perl prints, `programs/perl.exit` its exit code.
 * @param options.sharedOver what the checks of its monitor have together there
 */
export async function startFixture<Config, Shared = unknown>(
  definition: CheckDefinition<Config, Shared>,
  options: { folder: string; config: Config; sharedOver?: SharedOver | undefined },
): Promise<FixtureCheck> {
  const { folder, config, sharedOver } = options
  const temp = await tempFolder()
  const state = await tempFolder()
  const stages = (await readdir(folder)).filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b))
  if (stages.length === 0) await cp(folder, temp.path, { recursive: true, verbatimSymlinks: true })
  const clock = handClock()
  const around = {
    memory: heldMemory(),
    stateFolder: state.path,
    clock,
    shared: sharedOver?.(temp.path, clock) as Shared,
  }
  const setting = { root: temp.path, config, host: recordedHost(temp.path), ...around }
  let check = startCheck(definition, setting)
  return {
    clock,
    declared: check.declared,
    get woken() {
      return check.woken
    },
    answer: (parameters) => check.answer(parameters),
    follows: check.follows,
    follow: (cursor) => check.follow(cursor),
    clear: (type, entity) => check.clear(type, entity),
    async run(afterMs, signal) {
      const stage = stages.shift()
      if (stage !== undefined) await cp(join(folder, stage), temp.path, { recursive: true, verbatimSymlinks: true })
      return check.run(afterMs, signal)
    },
    restart() {
      check = startCheck(definition, setting)
    },
    async [Symbol.asyncDispose]() {
      await temp[Symbol.asyncDispose]()
      await state[Symbol.asyncDispose]()
    },
  }
}

/** Absolute path of a fixture tree beside a test: `fixture(import.meta.url, 'well')`. */
export function fixture(testUrl: string, name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, testUrl))
}
