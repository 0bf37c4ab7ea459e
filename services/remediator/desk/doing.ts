/** Carrying acts out, and writing down how they ended. */
import type { ProblemSight } from '#model'
import { isRemedy, REMEDIES } from '#remedies'
import { passes } from '#steps'
import { type ActEnded, type Carrier, endedAs, type Order, type TryingCarrier } from '../carry/types.ts'
import type { OpenAttempt } from '../state/types.ts'
import { runnerOf } from '../state/unended.ts'
import { leftMs, mayGoOn, whyOver } from './resuming.ts'
import type { DeskOptions } from './types.ts'

/** What was not written is written again: nothing else may begin before. */
const WRITE_AGAIN_MS = 5_000

/** What is to be done. */
export interface Doing {
  readonly attempt: string
  readonly act: Order['act']
  readonly problem: ProblemSight
  readonly deadlineMs: number
  /** There was no room to write down that it begins. */
  readonly isUnrecorded: boolean
}

/** Acts that were begun. */
export interface Doer {
  /** Writes an end, however long the disk takes. */
  end(attempt: string, ended: ActEnded): Promise<void>
  /** Does it, and writes down how it ended. Resolves without an end where this process is to leave. */
  carry(carrier: Carrier, doing: Doing): Promise<void>
  /** Asks whoever would do it, for real up to the doing, and writes down what he says behind what is told. */
  tryOut(carrier: TryingCarrier, doing: Doing, told: string): Promise<void>
  /** Gives up what an earlier process has begun: nobody knows how it ended, and where others run it, it may run still. */
  lose(open: OpenAttempt, why: string): Promise<void>
  /** Goes on with what an earlier process has begun. */
  goOn(open: OpenAttempt): Promise<void>
}

function wordsOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err)
}

/** Writes an end, however long the disk takes. @returns false where this process leaves before */
async function written(
  { safety, clock }: DeskOptions,
  ended: Parameters<DeskOptions['safety']['write']>[0],
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await safety.write(ended)
      return true
    } catch {
      // It was told there.
      await clock.sleep(WRITE_AGAIN_MS, signal).catch(() => undefined)
    }
  }
  return false
}

/** @param signal nothing is waited for any more; what runs goes on without this process */
export function createDoer(options: DeskOptions, signal: AbortSignal): Doer {
  const { safety, carrierOf, log } = options

  function orderOf(doing: Doing): Order {
    return {
      ...doing,
      async onStep(step, detail) {
        await safety.write({ kind: 'step', attempt: doing.attempt, step, detail })
      },
    }
  }

  async function end(attempt: string, ended: ActEnded): Promise<void> {
    if (!(await written(options, { kind: 'ended', attempt, ...ended }, signal))) return
    log.info('a repair has ended', { attempt, outcome: ended.outcome, message: ended.message })
  }

  /** Nobody can be asked about it: what others run may run still, in the boot that it was begun in. */
  function lost(open: OpenAttempt, message: string): ActEnded {
    const isOwn = runnerOf(open) === '' || open.bootId !== safety.state.bootId
    return { ...endedAs('lost', message), ...(!isOwn && { mayRun: true }) }
  }

  /** What fails here without an end of its own ends as `otherwise`; where this process leaves, nothing is said. */
  async function ending(attempt: string, otherwise: 'failed' | 'lost', work: () => Promise<ActEnded>): Promise<void> {
    try {
      const ended = await work()
      passes('act heard of')
      await end(attempt, ended)
    } catch (err) {
      if (!signal.aborted) await end(attempt, endedAs(otherwise, wordsOf(err)))
    }
  }

  return {
    end,
    lose: (open, why) => end(open.attempt, lost(open, why)),
    tryOut: (carrier, doing, told) =>
      ending(doing.attempt, 'failed', async () => {
        const tried = await carrier.tryOut(orderOf(doing), signal)
        return { ...tried, message: `${told}: ${tried.message}` }
      }),
    carry: (carrier, doing) =>
      ending(doing.attempt, 'failed', () => {
        passes('act asked for')
        return carrier.run(orderOf(doing), signal)
      }),
    async goOn(open) {
      const { attempt, bootId, steps, strategy } = open
      const started = safety.startOf(attempt)
      if (started === undefined) return end(attempt, lost(open, 'nobody knows any more what it was'))
      if (!isRemedy(strategy)) return end(attempt, lost(open, 'this version does not know its strategy'))
      const { act, problem } = started
      const { by } = REMEDIES[strategy]
      const over = by === 'remediator' ? whyOver(open, safety.state.bootId) : ''
      if (over !== '') return end(attempt, endedAs('lost', over))
      const deadlineMs = leftMs(open, started, safety.nowMs())
      const order = orderOf({ attempt, act, problem, deadlineMs, isUnrecorded: false })
      await ending(attempt, 'lost', async () => {
        passes('act joined')
        const before = { bootId, steps, mayGoOn: (until: AbortSignal) => mayGoOn(options, open, started, until) }
        const ended = await carrierOf({ strategy, by }, act).join(order, signal, before)
        return ended ?? lost(open, 'the process that began it has ended, and nobody knows how the act did')
      })
    },
  }
}
