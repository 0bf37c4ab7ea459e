/** A check that holds a log against rules: it follows the log, and its turns say what has been absent for long enough. */

import type { CheckContext, CheckResult, ClearedWord, Follow, Happening, RunCheck } from '#monitor-kit'
import { cleanEntity } from '#monitor-kit/evaluate'
import { type Attention, createAttention } from '../reading/attention.ts'
import { createClearing } from '../reading/clearing.ts'
import { readFinding } from '../reading/declared.ts'
import { placeOf } from '../reading/places.ts'
import { type ReadEvent, resumed } from '../reading/resumed.ts'
import { createTallies, type Tallies, tallySamples } from '../reading/tallies.ts'
import type { LogSource, Unreadable } from '../sources/types.ts'
import { createConditionsFile } from './conditions-file.ts'
import { MATCHES_METRIC } from './declare.ts'
import type { RuleEngine } from './engine.ts'
import { createEngines } from './engines.ts'
import { happeningOf } from './events.ts'
import { type Mounted, readMounted } from './mounted.ts'
import { createLogReader, type LogReader } from './reader.ts'
import type { Rule } from './types.ts'
import { type ConditionsView, createConditionsView, type Sight } from './view.ts'

/** What is followed, and by which rules. */
export interface RuleCheckOptions {
  readonly rules: readonly Rule[]
  /** Opens the log; asked in each life. */
  open(): Promise<LogSource> | LogSource
  /** Without a cursor the log is read from its beginning, and what stands there is long known. */
  readonly hasHistory: boolean
  /** There may be several of its kind: what names no entity is about the check. */
  readonly isOneOfMany: boolean
  /** It is the log of this machine, and no other's: what it says of file systems is held against what is mounted here. */
  readonly isOfHost: boolean
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

/** While something of the log is taken, nothing is known to be absent. */
async function takeAll(events: AsyncIterable<ReadEvent>, reader: LogReader, attention: Attention): Promise<void> {
  attention.began()
  try {
    for await (const event of events) {
      attention.taking()
      if (event.kind === 'caught-up') attention.caughtUp()
      await reader.take(event)
      if (event.kind === 'caught-up') attention.waiting()
    }
  } finally {
    attention.taking()
  }
}

/** What an earlier process left may come to be known: then all lines since are read again, as if it had been known. */
function createRepeated(read: Follow<unknown>) {
  let again = new AbortController()
  const follow: Follow<unknown> = async (context, tell, signal) => {
    do {
      again = new AbortController()
      await read(context, tell, AbortSignal.any([signal, again.signal])).catch((err: unknown) => {
        if (signal.aborted || !again.signal.aborted) throw err
      })
    } while (again.signal.aborted && !signal.aborted)
  }
  return { follow, again: () => again.abort() }
}

interface Seen {
  readonly sight: Sight
  readonly events: readonly Happening[]
}

interface LookOptions {
  readonly view: ConditionsView
  readonly counts: Tallies
  readonly own: string
  readonly clock: Around['clock']
}

/** A turn: what has been absent for long enough is over, what is not mounted any more, and what is so now. */
function createLook({ view, counts, own, clock }: LookOptions) {
  return (engine: RuleEngine, provedMs: number, mounted: Mounted): Seen => {
    const now = { wall: clock.now(), monoMs: clock.monotonicMs() }
    const passed = engine.passed({ ...now, monoMs: Math.min(now.monoMs, provedMs) })
    for (const one of [...passed, ...engine.looked(mounted, now)])
      if (one.kind === 'problem' || one.kind === 'over') view.findingOf(one, engine, now.monoMs)
    const untold = engine.settled(now.monoMs).filter((one) => one.kind === 'omitted')
    for (const { count } of untold) counts.untold += count
    return { sight: view.all(engine, now.monoMs), events: untold.map((one) => happeningOf(one, own)) }
  }
}

/** @param around the context of its `create` */
export function createRuleCheck(around: Around, options: RuleCheckOptions): RunCheck<unknown> {
  const { rules, open, hasHistory, isOneOfMany, isOfHost } = options
  const { name, clock, host } = around
  const own = isOneOfMany ? cleanEntity(name) : ''
  const view = createConditionsView(rules, own)
  const counts = createTallies()
  const engines = createEngines(rules, createConditionsFile(around), clock)
  const attention = createAttention(clock)
  const clearing = createClearing(engines, letGo)
  let isFollowing = false
  const follow = createRepeated(read)
  /** Why the log cannot be read; undefined: it can, or nobody has tried. */
  let failure: Unreadable | undefined

  function letGo(engine: RuleEngine, { type, entity }: ClearedWord): void {
    const meant = entity === own ? '' : entity
    engine.clear(type, meant)
    view.cleared(type, meant, clock.monotonicMs())
    void engines.keep(engine)
  }

  const look = createLook({ view, counts, own, clock })

  function ended(why?: Unreadable): void {
    isFollowing = false
    failure = why
  }

  async function read(...[context, tell, signal]: Parameters<Follow<unknown>>): Promise<void> {
    const place = placeOf(context.cursor)
    const engine = await engines.at(context.cursor)
    view.forget()
    clearing.known(engine)
    const following = (): void => {
      isFollowing = true
      context.following()
    }
    const isHistory = hasHistory && place === undefined
    const { keep } = engines
    const around = { view, keep, counts, tell, place, isHistory, own, clock, following }
    const reader = createLogReader({ ...around, engine, attention, onFailure: ended })
    try {
      const source = await open()
      await takeAll(resumed(source, place, signal), reader, attention)
    } finally {
      ended()
    }
  }

  async function run(): Promise<CheckResult> {
    const isReadNow = await engines.readAgain()
    const mounted = await readMounted(host.files, isOfHost ? engines.current?.asked : undefined)
    if (isReadNow) follow.again()
    const { current: engine, matched, isKnown } = engines
    const metrics = samplesOf(name, rules, matched, counts)
    if (failure !== undefined)
      return { findings: [readFinding(failure.reason, failure.isClosed)], partial: true, metrics }
    if (isReadNow || !isFollowing || engine === undefined) return { findings: [], partial: true, metrics }
    attention.turn()
    const { sight, events } = look(engine, attention.provedMs, mounted)
    await engines.keep(engine)
    view.told(sight)
    return { ...sight, findings: [readFinding(undefined), ...sight.findings], events, metrics, partial: !isKnown }
  }

  return Object.assign(run, { follow: follow.follow, cleared: clearing.cleared })
}
