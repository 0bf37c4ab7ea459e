/** A check that holds a log against rules: it follows the log, and its turns say what has been absent for long enough. */

import type { CheckContext, CheckResult, ClearedWord, Follow, RunCheck } from '#monitor-kit'
import { cleanEntity } from '#monitor-kit/evaluate'
import { type Attention, createAttention } from '../reading/attention.ts'
import { readFinding } from '../reading/declared.ts'
import { placeOf } from '../reading/places.ts'
import { type ReadEvent, resumed } from '../reading/resumed.ts'
import { createTallies, type Tallies, tallySamples } from '../reading/tallies.ts'
import type { LogSource, Unreadable } from '../sources/types.ts'
import { type ConditionsFile, createConditionsFile } from './conditions-file.ts'
import { MATCHES_METRIC } from './declare.ts'
import { createRuleEngine, type RuleEngine } from './engine.ts'
import { happeningOf } from './events.ts'
import { createLogReader, type LogReader } from './reader.ts'
import { restore } from './snapshot.ts'
import type { Rule } from './types.ts'
import { createConditionsView } from './view.ts'

/** What is followed, and by which rules. */
export interface RuleCheckOptions {
  readonly rules: readonly Rule[]
  /** Opens the log; asked in each life. */
  open(): Promise<LogSource> | LogSource
  /** Without a cursor the log is read from its beginning, and what stands there is long known. */
  readonly hasHistory: boolean
  /** There may be several of its kind: what names no entity is about the check. */
  readonly isOneOfMany: boolean
}

type Around = Omit<CheckContext<unknown>, 'signal'>

function samplesOf(check: string, rules: readonly Rule[], matched: ReadonlyMap<Rule, number>, counts: Tallies) {
  const matches = rules.map((rule) => ({
    name: MATCHES_METRIC,
    labels: { check, rule: rule.name },
    value: matched.get(rule) ?? 0,
  }))
  return [...tallySamples(counts, check), ...matches]
}

function engineOf(cursor: unknown): unknown {
  return typeof cursor === 'object' && cursor !== null && 'engine' in cursor ? cursor.engine : undefined
}

/** The engine of each life, with what an earlier one left. */
function createEngines(rules: readonly Rule[], file: ConditionsFile) {
  const matched = new Map<Rule, number>()
  let engine: RuleEngine | undefined
  let isKnown = false
  return {
    matched,
    get current() {
      return engine
    },
    /** What an earlier process left is known. */
    get isKnown() {
      return isKnown
    },
    /** As of a cursor, with the conditions that are raised. */
    async at(cursor: unknown): Promise<RuleEngine> {
      const recalled = engine === undefined ? await file.recall(rules) : undefined
      isKnown ||= recalled?.isAll === true
      const before = engine?.raised ?? recalled?.raised ?? []
      engine = createRuleEngine(rules, matched)
      restore(engine, engineOf(cursor))
      for (const raised of before) engine.recall(raised)
      return engine
    },
  }
}

/** What persons cleared: it is let go of at once, or as soon as it is known what is raised. */
function createClearing(
  engines: { readonly current: RuleEngine | undefined },
  letGo: (engine: RuleEngine, word: ClearedWord) => void,
) {
  const early: ClearedWord[] = []
  return {
    cleared(word: ClearedWord): void {
      if (engines.current === undefined) early.push(word)
      else letGo(engines.current, word)
    },
    /** What an earlier process left is known. */
    known(engine: RuleEngine): void {
      for (const word of early.splice(0)) letGo(engine, word)
    },
  }
}

/** While something of the log is taken, nothing is known to be absent. */
async function takeAll(events: AsyncIterable<ReadEvent>, reader: LogReader, attention: Attention): Promise<void> {
  try {
    for await (const event of events) {
      attention.taking()
      await reader.take(event)
      if (event.kind === 'caught-up') attention.waiting()
    }
  } finally {
    attention.taking()
  }
}

/** @param around the context of its `create` */
export function createRuleCheck(around: Around, options: RuleCheckOptions): RunCheck<unknown> {
  const { rules, open, hasHistory, isOneOfMany } = options
  const { name, clock } = around
  const own = isOneOfMany ? cleanEntity(name) : ''
  const file = createConditionsFile(around)
  const view = createConditionsView(rules, own)
  const counts = createTallies()
  const engines = createEngines(rules, file)
  const attention = createAttention(clock)
  const clearing = createClearing(engines, letGo)
  let isFollowing = false
  /** Why the log cannot be read; undefined: it can, or nobody has tried. */
  let failure: Unreadable | undefined

  function letGo(engine: RuleEngine, { type, entity }: ClearedWord): void {
    const meant = entity === own ? '' : entity
    engine.clear(type, meant)
    view.cleared(type, meant, clock.monotonicMs())
    void file.keep(engine.raised, rules)
  }

  function ended(why?: Unreadable): void {
    isFollowing = false
    failure = why
  }

  const follow: Follow<unknown> = async (context, tell, signal) => {
    const place = placeOf(context.cursor)
    const engine = await engines.at(context.cursor)
    view.forget()
    clearing.known(engine)
    const following = (): void => {
      isFollowing = true
      context.following()
    }
    const isHistory = hasHistory && place === undefined
    const around = { view, file, counts, tell, place, isHistory, own, clock, following }
    const reader = createLogReader({ ...around, engine, onFailure: ended })
    try {
      const source = await open()
      await takeAll(resumed(source, place, signal), reader, attention)
    } finally {
      ended()
    }
  }

  async function run(): Promise<CheckResult> {
    const { current: engine, matched, isKnown } = engines
    const metrics = samplesOf(name, rules, matched, counts)
    if (failure !== undefined)
      return { findings: [readFinding(failure.reason, failure.isClosed)], partial: true, metrics }
    if (!isFollowing || engine === undefined) return { findings: [], partial: true, metrics }
    const now = { wall: clock.now(), monoMs: clock.monotonicMs() }
    const news = engine.passed({ ...now, monoMs: Math.min(now.monoMs, attention.provedMs) })
    for (const one of news) if (one.kind === 'problem' || one.kind === 'over') view.findingOf(one, now.monoMs)
    const untold = news.filter((one) => one.kind === 'omitted')
    for (const { count } of untold) counts.untold += count
    const events = untold.map((one) => happeningOf(one, own))
    const sight = view.all(engine.problems, now.monoMs)
    await file.keep(engine.raised, rules)
    view.told(sight)
    return { ...sight, findings: [readFinding(undefined), ...sight.findings], events, metrics, partial: !isKnown }
  }

  return Object.assign(run, { follow, cleared: clearing.cleared })
}
