/** A system-log-monitor file of node-problem-detector as a check. */
import {
  type CheckContext,
  type CheckResult,
  defineCheck,
  type FollowContext,
  type RunCheck,
  type Tell,
} from '#monitor-kit'
import { createProblemMetrics, type ProblemMetrics } from '#npd-words'
import { createAttention } from '../../reading/attention.ts'
import { createClearing } from '../../reading/clearing.ts'
import { LOG_LINES_LOST, LOG_SOURCE_UNREADABLE, LOG_TEXTS_UNTOLD, READING_METRICS } from '../../reading/declared.ts'
import { createPlaces, type Place } from '../../reading/places.ts'
import { readLines } from '../../reading/read-lines.ts'
import { resumed, since } from '../../reading/resumed.ts'
import { createStartTime, type StartTime } from '../../reading/start-time.ts'
import { createTallies } from '../../reading/tallies.ts'
import { type Before, beforeOf, type Left } from './before.ts'
import type { Conditions } from './conditions.ts'
import type { Config } from './config.ts'
import { absenceOf, declare, endsByReboot } from './declare.ts'
import { createEvaluator, type Evaluator, problemRulesOf } from './evaluate.ts'
import { type Kept, keptOf, keptWith, textsOf } from './kept.ts'
import { createLife, findingOfReading, type Life, type LifeOptions } from './life.ts'
import { createOverflow, type Overflow } from './overflow.ts'
import { openSource } from './source.ts'

type Context = Omit<CheckContext<Config>, 'signal'>

/** Where a life begins. */
interface Beginning extends Left {
  readonly boot: string
  /** Lines before that are not looked at. */
  readonly start: Date
  readonly place: Place | undefined
}

/** What this process knows of its beginning. */
interface Origin extends StartTime {
  readonly boot: string
}

/**
 * From when on lines are looked at, in a boot in which that was known before. The clock may have been set meanwhile: the same
 * moment of the boot counts, or the same time, whichever is earlier.
 */
function startOf({ start, bootMs = start }: Kept, { bootTime }: Origin): Date {
  return new Date(Math.min(start, bootTime.getTime() + start - bootMs))
}

/** After a reboot reading begins by its rule, and what a reboot ends is over. */
function beginningOf(config: Config, origin: Origin, kept: Kept | undefined): Beginning {
  if (kept?.boot === origin.boot) return { ...kept, start: startOf(kept, origin), isOtherBoot: false }
  const raised =
    kept?.raised.filter(({ type }) => !endsByReboot(config, type)).map((one) => ({ ...one, seenMs: 0 })) ?? []
  const place = kept && { from: kept.place.from, upTo: '', lines: 0 }
  const { hasMore, isDamaged } = kept ?? {}
  return { boot: origin.boot, start: origin.start, place, raised, hasMore, isDamaged, isOtherBoot: kept !== undefined }
}

/** The rules with what was True before. */
function evaluatorOf({ config }: Context, { all, doubtful }: Before, metrics: ProblemMetrics): Evaluator {
  const evaluator = createEvaluator(config, doubtful)
  evaluator.conditions.restore(all)
  for (const { type, reason, isTrue } of evaluator.conditions.all) if (isTrue) metrics.set(type, reason, true)
  return evaluator
}

/** What is kept of a life with what it tells. */
function keepingOf(
  conditions: Conditions,
  { memory, overflow, before }: Pick<Context, 'memory'> & { overflow: Overflow; before: Before },
  about: () => Omit<Kept, 'raised'>,
): Pick<LifeOptions, 'cursor' | 'keepMore' | 'onChange'> {
  const { doubtful } = before
  return {
    cursor: () => keptWith({ ...about(), hasMore: doubtful.size > 0 }, conditions.all),
    // What could not be read is not written over; the lines that say how it is are read again.
    keepMore: () => (before.isUnread ? Promise.resolve(false) : overflow.keep(conditions.all, doubtful)),
    onChange: () => memory.remember(textsOf(conditions.all)),
  }
}

/** The life that goes on: what there was before is known to it. */
function createLives() {
  let current: Life | undefined
  let before: Before | undefined
  return {
    get current() {
      return current
    },
    get isTaken() {
      return current !== undefined
    },
    begin(life: Life, known: Before): void {
      current = life
      before = known
    },
    /** Tries to read what it began with, where that could not be read. */
    async readAgain(): Promise<void> {
      const life = current
      await before?.readAgain((recalled) => life?.recalled(recalled))
    },
    end(life: Life): void {
      if (current === life) current = undefined
    },
  }
}

/** @throws DurationError, PatternError, LogSettingError */
function createNpdLog(context: Context): RunCheck<Config> {
  const { config, host, clock, name, log, memory } = context
  const startTime = createStartTime(config)
  const absence = absenceOf(config)
  // What it cannot be made of is known at once.
  createEvaluator(config)
  const tallies = createTallies()
  const metrics = createProblemMetrics(problemRulesOf(config))
  const overflow = createOverflow(context)
  const open = openSource(config, { host, clock, onUnformatted })
  let known: Origin | undefined
  const lives = createLives()
  /** What a person cleared while nothing was read: the next life lets go of it. */
  const clearing = createClearing(lives, (life, { type }) => life.clear(type))

  function onUnformatted(count: number): void {
    if (tallies.unformatted === 0) log.warn('lines of a log say no time or no message', { path: config.path, count })
    tallies.unformatted += count
  }

  /** Once: when this check began. */
  async function originOf(): Promise<Origin> {
    known ??= { ...(await startTime(host, clock.now())), boot: await host.bootId() }
    return known
  }

  async function follow({ cursor }: FollowContext<Config>, tell: Tell, signal: AbortSignal): Promise<void> {
    const origin = await originOf()
    const begins = beginningOf(config, origin, keptOf(cursor))
    const { boot, start, place } = begins
    const before = await beforeOf(context, begins, overflow)
    const { doubtful } = before
    const evaluator = evaluatorOf(context, before, metrics)
    const about = { boot, start: start.getTime(), bootMs: origin.bootTime.getTime() }
    const places = createPlaces(evaluator.looksBack, place?.from)
    const attention = createAttention(clock)
    const own = createLife({
      ...{ config, name, clock, evaluator, metrics, tallies, absence, attention, doubtful, tell },
      ...keepingOf(evaluator.conditions, { before, memory, overflow }, () => ({ ...about, place: places.place })),
    })
    lives.begin(own, before)
    clearing.known(own)
    try {
      await readLines(resumed(since(open({ ...origin, start }), start), place, signal), own, {
        clock,
        places,
        attention,
      })
    } finally {
      own.end()
      lives.end(own)
    }
  }

  async function run(): Promise<CheckResult> {
    await lives.readAgain()
    const life = lives.current
    if (life?.hasBegun !== true) return { findings: [], partial: true }
    const samples = life.look()
    const { failure } = life
    return { findings: [findingOfReading(failure)], metrics: samples, partial: failure !== undefined }
  }

  return Object.assign(run, { follow, cleared: clearing.cleared })
}

export const npdLog = defineCheck<Config>({
  type: 'npd-log',
  description: 'Looks for problems in a log by a system-log-monitor file of node-problem-detector',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  instances: 'many',
  conditions: [LOG_SOURCE_UNREADABLE],
  events: [LOG_LINES_LOST, LOG_TEXTS_UNTOLD],
  metrics: READING_METRICS,
  typesFrom: ['conditions[].type'],
  declare,
  create: createNpdLog,
})
