/** Clocks of processes that a test steps, by libfaketime, where this machine has it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const HAS_FAKETIME = spawnSync('faketime', ['--version']).status === 0

export interface SteppedClock {
  /** Of every process whose clock it is. */
  readonly env: Readonly<Record<string, string>>
  /** From now on they are so much later, or earlier, than this machine. */
  step(seconds: number): Promise<void>
}

/** @param steps the wall clock alone, as whoever sets a clock; or the monotonic one with it: time passes */
export async function steppedClock(steps: 'wall' | 'both'): Promise<SteppedClock> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-clock-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const stamp = join(dir, 'faketime')
  const step = (seconds: number) => writeFile(stamp, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  await step(0)
  const library = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1 | head -1'], { encoding: 'utf8' })
  return {
    env: {
      LD_PRELOAD: library.trim(),
      FAKETIME_TIMESTAMP_FILE: stamp,
      FAKETIME_NO_CACHE: '1',
      ...(steps === 'wall' && { FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
    },
    step,
  }
}
