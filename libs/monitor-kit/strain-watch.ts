/** Looks whether the monitor is short of processor or memory, where a check has its turn anyhow, and tells of it. */

import type { Clock } from '#clock'
import type { Logger, readOwnUse } from '#service'
import { eventOf, type RunReport } from './findings.ts'
import { createStrain, type StrainNews, stretched } from './strain.ts'

/** Whose strain it is, and who is told. */
export interface StrainWatchOptions {
  /** The monitor's name. */
  readonly monitor: string
  readonly clock: Clock
  readonly log: Logger
  /** What its own limits say. */
  readonly readUse: typeof readOwnUse
  /** The monitor stops: nothing is told any more. */
  readonly signal: AbortSignal
  readonly tell: (run: RunReport) => Promise<unknown>
}

/** The monitor's strain. */
export interface StrainWatch {
  /** What becomes of an interval just now: it stays, or is longer. */
  stretch(intervalMs: number): number
  /** A check has its turn, so much later than it was due. */
  turned(lateMs: number): Promise<void>
}

/** What is told of a change. */
function wordsOf(monitor: string, { factor, why }: StrainNews) {
  const message =
    factor === 1
      ? `monitor ${monitor} runs its checks at their own intervals again`
      : `monitor ${monitor} is short of what it needs (${why}); its checks run at ${factor} times their intervals`
  return {
    reason: factor === 1 ? 'IntervalsRestored' : 'IntervalsStretched',
    severity: factor === 1 ? ('info' as const) : ('warning' as const),
    entity: `monitor:${monitor}`,
    message,
  }
}

/** Reads the limits at most as often as the strain asks for, and never twice at a time. */
export function createStrainWatch({ monitor, clock, log, readUse, signal, tell }: StrainWatchOptions): StrainWatch {
  const strain = createStrain()
  let isLooking = false

  async function told(news: StrainNews | undefined): Promise<void> {
    if (news === undefined || signal.aborted) return
    const happening = wordsOf(monitor, news)
    if (news.factor === 1) log.info(happening.message)
    else log.warn(happening.message)
    const events = [eventOf(happening, { monitor, check: '', now: clock.now() })]
    await tell({ observations: [], withdrawn: [], events, metrics: [], runs: [], complete: [] })
  }

  return {
    stretch: (intervalMs) => stretched(intervalMs, strain.factor),
    async turned(lateMs) {
      const nowMs = clock.monotonicMs()
      await told(strain.turn(lateMs, nowMs))
      if (isLooking || !strain.isDue(nowMs)) return
      isLooking = true
      const use = await readUse().finally(() => {
        isLooking = false
      })
      await told(strain.limits(use, clock.monotonicMs()))
    },
  }
}
