/** Runs the rules of a file: all of them at once, then each group by its ticker, so many at a time. */
import { aborted, type Clock } from '#clock'
import type { Group, Rule, Settings } from './settings.ts'
import { createSlots } from './slots.ts'
import { dueMs, startTicker, type Ticker, take, waiting } from './timetable.ts'

/** What runs rules. */
export interface RoundsOptions {
  readonly settings: Pick<Settings, 'rules' | 'groups' | 'concurrency'>
  readonly clock: Clock
  /** Whether a rule is to be run: not, while an earlier run of it is left behind. */
  readonly mayRun: (rule: Rule) => boolean
  /** Runs one. What it resolves with tells of it, once its place is another's. */
  readonly run: (rule: Rule, signal: AbortSignal) => Promise<() => Promise<void>>
}

/** A group that is behind. */
export interface LateGroup {
  readonly group: Group
  /** Since the tick that was taken last. */
  readonly sinceMs: number
  readonly running: readonly Rule[]
}

/** The runs of a file's rules. */
export interface Rounds {
  /** Runs them until the signal aborts. Rejects with what `run` or telling rejects with. */
  live(signal: AbortSignal): Promise<void>
  /** Groups of which a tick is lost: their rules take longer than their interval. None while it does not live. */
  late(): readonly LateGroup[]
}

/** Rules while they run. */
function createRunning(run: RoundsOptions['run']) {
  const running = new Set<Rule>()
  return {
    has: (rule: Rule) => running.has(rule),
    async begin(rule: Rule, giveBack: () => void, signal: AbortSignal): Promise<void> {
      running.add(rule)
      let tell: () => Promise<void>
      try {
        tell = await run(rule, signal)
      } finally {
        running.delete(rule)
        giveBack()
      }
      await tell()
    },
  }
}

/** Runs rules in their order, each as soon as there is a place. @returns runs some; over when all have been told */
function createBatch(
  { settings, mayRun }: RoundsOptions,
  begin: ReturnType<typeof createRunning>['begin'],
  signal: AbortSignal,
): (rules: readonly Rule[]) => Promise<void> {
  const slots = createSlots(settings.concurrency)
  return async (rules) => {
    const runs: Promise<void>[] = []
    for (const rule of rules.filter(mayRun)) {
      const giveBack = await slots.take(signal)
      const one = begin(rule, giveBack, signal)
      // It is looked at when all have begun.
      one.catch(() => undefined)
      runs.push(one)
    }
    await Promise.all(runs)
  }
}

export function createRounds(options: RoundsOptions): Rounds {
  const { settings, clock } = options
  const running = createRunning(options.run)
  let tickers = new Map<Group, Ticker>()

  async function byTicker(
    group: Group,
    own: Map<Group, Ticker>,
    batch: ReturnType<typeof createBatch>,
    signal: AbortSignal,
  ) {
    for (;;) {
      const ticker = own.get(group) as Ticker
      const waitMs = dueMs(ticker) - clock.monotonicMs()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      // A batch of which nothing is run may take no turn of its own.
      else await new Promise(setImmediate)
      signal.throwIfAborted()
      own.set(group, take(ticker, clock.monotonicMs()))
      await batch(group.rules)
    }
  }

  return {
    async live(signal) {
      const batch = createBatch(options, running.begin, signal)
      const own = new Map(settings.groups.map((one) => [one, startTicker(one.intervalMs, clock.monotonicMs())]))
      tickers = own
      try {
        await batch(settings.rules)
        await Promise.all([aborted(signal), ...settings.groups.map((group) => byTicker(group, own, batch, signal))])
      } catch (err) {
        if (!signal.aborted) throw err
      } finally {
        if (tickers === own) tickers = new Map()
      }
    },
    late() {
      const nowMs = clock.monotonicMs()
      return [...tickers]
        .filter(([, ticker]) => waiting(ticker, nowMs) > 1)
        .map(([group, ticker]) => ({
          group,
          sinceMs: nowMs - ticker.takenMs,
          running: group.rules.filter(running.has),
        }))
    },
  }
}
