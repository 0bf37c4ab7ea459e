/** A check that follows its source as a test says, with the outbox and the cursor that a monitor gives it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { fakeClock } from '../../clock/testing.ts'
import { keepLog } from '../../service/testing.ts'
import { createCursorFile } from '../cursor-file.ts'
import { defineCheck } from '../define.ts'
import type { RunReport } from '../findings.ts'
import { followSource } from '../follow.ts'
import type { OutboxLimits } from '../kept-reports.ts'
import { createReportOutbox } from '../outbox.ts'
import { createPatience } from '../patience.ts'
import { createRunner } from '../run-check.ts'
import type { CheckDefinition, Follow, FollowContext, Tell } from '../types.ts'
import { checkOf, emptyReport, instance, specOf } from './scripted-monitor.ts'
import { surroundings } from './surroundings.ts'

/** One life of a follower, in the hands of a test. */
export interface Life {
  readonly context: FollowContext<unknown>
  readonly tell: Tell
  readonly signal: AbortSignal
  fail(err: Error): void
  end(): void
}

/**
 * A check that follows as the test says, life after life.
 * @param folder of the test, with `state` in it
 * @param own what it does in place of that
 * @param stateFolder where its cursor lies; default `state`
 */
export function following(
  folder: string,
  more: Partial<CheckDefinition<unknown>> = {},
  limits?: OutboxLimits,
  own?: Follow<unknown>,
  stateFolder = () => Promise.resolve(join(folder, 'state')),
) {
  const clock = fakeClock()
  const kept = keepLog()
  const outbox = createReportOutbox(7, limits)
  const stop = new AbortController()
  const told: RunReport[] = []
  const lives: Life[] = []
  const scripted: Follow<unknown> = (context, tell, signal) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => resolve())
      lives.push({ context, tell, signal, fail: reject, end: resolve })
    })
  const follow = own ?? scripted
  const { create: _, ...common } = checkOf(() => ({ findings: [] }), {
    conditions: [specOf('KernelOops'), specOf('Lost')],
  })
  const definition = defineCheck<unknown>({ ...common, follow, ...more })
  const runner = createRunner(
    definition,
    instance('disk-check', { name: 'kernel' }),
    'tiny',
    surroundings({ clock, name: 'kernel' }),
  )
  const cursors = createCursorFile({
    stateFolder,
    runFolder: folder,
    check: 'kernel',
    log: kept.log,
    clock,
    patience: createPatience(clock),
  })
  const ended = followSource(runner, follow, {
    clock,
    outbox,
    cursors,
    signal: stop.signal,
    random: () => 1,
    send(run, isHeld) {
      told.push(run)
      return outbox.add(emptyReport(run), isHeld).sequence
    },
  })
  const life = async (index: number): Promise<Life> => {
    await expect.poll(() => lives.length).toBeGreaterThan(index)
    return lives[index]!
  }
  const onDisk = async () => (await readFile(join(folder, 'state/cursor.json'), 'utf8')).split('\n')[0]
  const run = () => runner.run(undefined, stop.signal)
  return { clock, kept, outbox, stop, told, lives, life, runner, cursors, ended, onDisk, run }
}
