/** A plug-in that means no good, and the runner that has to do with it, by a clock that tests move. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { AttemptEnded, AttemptOutcome } from '#proto/nodedoctor/v1/remediation.ts'
import { type FakeClock, fakeClock } from '../../../libs/clock/testing.ts'
import { type KeptLog, keepLog } from '../../../libs/service/testing.ts'
import { RUNG, SIGHT } from '../testing/questions.ts'
import { createRunner, type Runner } from './runner.ts'
import { type HostileRunner, type HostileWays, startHostileRunner } from './testing-hostile.ts'
import type { ActEnded } from './types.ts'

/** As the remediator calls one. */
export const ATTEMPT = '3f2a91c0-17'
/** What it may take. */
export const DEADLINE_MS = 60_000
/** Of a process that does not leave. */
export const never = new AbortController().signal

/** A plug-in, and the runner that is asked for it. */
export interface At {
  readonly runner: Runner
  readonly hostile: HostileRunner
  readonly clock: FakeClock
  readonly dir: string
  readonly steps: string[]
  readonly socket: string
  readonly log: KeptLog
  /** Runs it; time passes meanwhile, a second each moment. */
  run(): Promise<ActEnded>
}

/** @param ways looked at whenever it is asked */
export async function against(ways: HostileWays): Promise<At> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-hostile-'))
  const socket = join(dir, 'x.sock')
  const hostile = await startHostileRunner(socket, ways)
  const clock = fakeClock()
  const log = keepLog('remediator')
  const runner = createRunner({ socket, name: 'fixer', clock, log: log.log })
  const steps: string[] = []
  onTestFinished(async () => {
    runner.close()
    await hostile.close()
    await rm(dir, { recursive: true, force: true })
  })
  return {
    ...{ runner, hostile, clock, dir, steps, socket, log },
    async run() {
      const passing = setInterval(() => void clock.advance(1_000), 20)
      const onStep = async (step: string) => void steps.push(step)
      const order = { attempt: ATTEMPT, act: RUNG.act, problem: SIGHT, deadlineMs: DEADLINE_MS, onStep }
      return runner.run(order, never).finally(() => clearInterval(passing))
    },
  }
}

/** An end as a plug-in says it. */
export const ended = (of: Partial<AttemptEnded>) =>
  ({ $case: 'ended', value: AttemptEnded.fromPartial({ outcome: AttemptOutcome.SUCCEEDED, ...of }) }) as const
