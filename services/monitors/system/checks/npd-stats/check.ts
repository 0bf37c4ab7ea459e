/** `npd-stats`: a stats file of node-problem-detector, as metrics under the names that it gives them. No condition. */
import type { Clock } from '#clock'
import { type CheckResult, defineCheck, type Follow } from '#monitor-kit'
import { createCollect, valuesOf } from './collect.ts'
import type { Config } from './config.ts'
import { createLack } from './failures.ts'
import { namesOf, planOf } from './plan.ts'
import { createToSamples, specsOf } from './samples.ts'

/** Of the time from one turn to the next a program or a file system has so much to answer, and so long at most. */
const ANSWER = { share: 0.6, mostMs: 5000 } as const
/** A turn that is woken comes this much early at most. */
const EARLY_MS = 20

/** When the next collection is due, where turns do not come by the file's own interval. */
function createPace(clock: Clock, intervalMs: number) {
  let dueMs = Number.NEGATIVE_INFINITY
  return {
    get waitMs() {
      return Math.max(0, dueMs - clock.monotonicMs())
    },
    /** Whether one is to be made now. What was missed is skipped. */
    take(): boolean {
      const nowMs = clock.monotonicMs()
      if (nowMs < dueMs - EARLY_MS) return false
      dueMs = nowMs - dueMs < intervalMs ? dueMs + intervalMs : nowMs + intervalMs
      return true
    },
  }
}

export const npdStats = defineCheck<Config>({
  type: 'npd-stats',
  description: 'What a stats file of node-problem-detector asks for: metrics only, no condition',
  intervalMs: 60_000,
  timeoutMs: 30_000,
  instances: 'many',
  conditions: [],
  events: [
    {
      reason: 'StatsNotCollected',
      severity: 'info',
      description: 'A part of what a stats file asks for cannot be had on this node; the other parts are told',
    },
    {
      reason: 'StatsCollected',
      severity: 'info',
      description: 'A part of a stats file that could not be had is told again',
    },
  ],
  declare: (config) => ({ conditions: [], metrics: specsOf({ names: namesOf(config) }) }),
  create({ config, host, clock, log, intervalMs }) {
    const plan = planOf(config)
    const collect = createCollect(plan)
    const toSamples = createToSamples(plan)
    const lackOf = createLack(config.path, log)
    const isOwnPace = plan.invokeIntervalMs !== intervalMs
    const pace = createPace(clock, plan.invokeIntervalMs)
    const answerMs = Math.min(ANSWER.mostMs, Math.min(intervalMs, plan.invokeIntervalMs) * ANSWER.share)
    let last: CheckResult = { findings: [] }

    async function run({ signal }: { readonly signal: AbortSignal }): Promise<CheckResult> {
      // Between two collections the last is told again: what nobody tells any more is forgotten.
      if (isOwnPace && !pace.take()) return last
      const outcomes = await collect({ host, clock, plan, answerMs, signal })
      const { events, incomplete } = lackOf(outcomes)
      const failed = incomplete === undefined ? {} : { incomplete }
      last = { findings: [], metrics: toSamples(valuesOf(outcomes)), ...failed }
      return { ...last, events }
    }

    const follow: Follow<Config> = async ({ wake, following }, _tell, signal) => {
      following()
      while (!signal.aborted) {
        await clock.sleep(Math.max(pace.waitMs, 1), signal)
        wake()
        // Its turn comes on its own, and moves what is due.
        await clock.sleep(Math.min(plan.invokeIntervalMs, 1000), signal)
      }
    }
    return isOwnPace ? Object.assign(run, { follow }) : run
  },
})
