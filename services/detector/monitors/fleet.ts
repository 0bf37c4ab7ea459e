/**
 * All monitors of this node: those that the configuration implies, those it names, and those whose socket appears. Each
 * has a link of its own; one that hangs or floods holds up nobody else.
 */
import { dirname } from 'node:path'
import type { Host } from '#host'
import { DETECTOR, type PersonsWord } from '#model'
import type { CheckResponse } from '#proto/nodedoctor/v1/monitor.ts'
import { createDepartures } from './departures.ts'
import { type Looking, startLooking } from './looking.ts'
import { diffMembers, type Heard, plansOf, wasAnother } from './members.ts'
import { missingParts, partsFound } from './missing.ts'
import { badFiles, goodFiles } from './npd-files.ts'
import { ownershipOf } from './ownership.ts'
import { createRoster, type Roster, type RosterOptions } from './roster.ts'
import { createSearch, type Search } from './search.ts'
import { entitiesTold } from './told.ts'
import type { MemberPlan, Wanted } from './wanted.ts'

export interface FleetOptions extends RosterOptions {
  /** Of this process's own folders. */
  readonly files: Pick<Host['files'], 'watch'>
}

export interface Fleet {
  /**
   * Makes the fleet what a configuration asks for, at the start and while it runs: who is not asked for any more is taken out
   * with all that it said, who is new is asked, who is asked otherwise is asked anew, and whoever stays notices nothing. Types
   * belong to whom they then belong, and what is missing is told. One call after the other; resolves when it is so.
   */
  reconcile(wanted: Wanted): Promise<void>
  names(): readonly string[]
  /** Hands a person's word down to every monitor that streams. */
  clear(word: PersonsWord): void
  /**
   * Ends what is known of a monitor that is gone; undefined when none is known by that name.
   * @throws MonitorPresentError while it answers, somebody listens on its socket or may, or the configuration names it
   */
  forget(name: string): Promise<void> | undefined
  check(monitor: string, check: string, timeoutMs: number): Promise<CheckResponse> | undefined
  stop(): Promise<void>
}

/** Makes the roster, and what the engine knows, what a configuration asks for. */
function createBecoming({ engine, log, clock }: FleetOptions, roster: Roster) {
  /** Who stands in the store, and who is a member: where that is now is where it is. */
  function heard(): readonly Heard[] {
    const stored = [...engine.state.monitors.values()].filter(({ name }) => roster.get(name) === undefined)
    return [...stored, ...roster.all().map(({ plan }) => plan.known)]
  }

  /** Takes out who is a part of no plan, from what the store knows too. */
  function remove(plans: ReadonlyMap<string, MemberPlan>): void {
    for (const state of [...engine.state.monitors.values()]) {
      const { name } = state
      const plan = plans.get(name)
      if (name === DETECTOR || (plan !== undefined && !wasAnother(plan, state))) continue
      engine.take({ kind: 'removed', monitor: name })
      log.info('monitor was taken out: nothing here asks for it', { monitor: name })
    }
  }

  /** What of the configuration comes to nothing here. */
  function tellMissing({ missing, badNpdFiles }: Wanted['config']): void {
    const now = clock.now()
    const observations = [
      ...missingParts(missing, now),
      ...partsFound(entitiesTold(engine, 'MonitorMissing'), missing, now),
      ...badFiles(badNpdFiles, now),
      ...goodFiles(entitiesTold(engine, 'NPDConfigInvalid'), badNpdFiles, now),
    ]
    if (observations.length > 0) engine.observe(observations)
  }

  return async (wanted: Wanted): Promise<void> => {
    const now = new Map(roster.all().map(({ plan }) => [plan.known.name, plan]))
    const plans = plansOf(wanted, heard())
    const { gone, changed, added, kept } = diffMembers(now, plans)
    const ending = [...gone, ...changed.map(({ known }) => known.name)].flatMap((name) => roster.get(name) ?? [])
    await Promise.all(ending.map(roster.end))
    remove(plans)
    engine.own(ownershipOf(wanted.config))
    tellMissing(wanted.config)
    for (const plan of kept) roster.replan(plan)
    roster.know(wanted.isKnown)
    for (const plan of [...changed, ...added]) roster.add(plan)
  }
}

/** Looks for monitors where this configuration has folders; undefined where it has none. */
function lookFrom(wanted: Wanted, search: Search, { clock, files, log }: FleetOptions): Looking | undefined {
  const { discovery, monitorDirs } = wanted.config.detector
  const dirs = [...new Set([...(discovery ? monitorDirs : []), ...wanted.ownSockets.map(dirname)])]
  if (dirs.length === 0) {
    search.nothing()
    return undefined
  }
  const onError = (err: unknown) => log.error('looking for monitors failed', { err })
  return startLooking({ clock, files, dirs, look: () => search.look(wanted), onError })
}

export function createFleet(options: FleetOptions): Fleet {
  const { engine, clock, log } = options
  const roster = createRoster(options, () => looking?.news())
  const departures = createDepartures({ engine, clock, roster })
  const search = createSearch({ engine, clock, log, roster, departures, open: options.open })
  const become = createBecoming(options, roster)
  let looking: Looking | undefined
  let reconciled: Promise<void> = Promise.resolve()
  let isStopped = false

  async function reconcile(wanted: Wanted): Promise<void> {
    await looking?.stop()
    looking = undefined
    if (isStopped) return
    await become(wanted)
    looking = lookFrom(wanted, search, options)
  }

  return {
    reconcile(wanted) {
      const done = reconciled.then(() => reconcile(wanted))
      // What went wrong is for the caller; the next one begins anew.
      reconciled = done.catch(() => undefined)
      return done
    },
    names: () =>
      roster
        .all()
        .map(({ plan }) => plan.known.name)
        .sort(),
    clear(word) {
      for (const { link } of roster.all()) link.clear(word)
    },
    forget: departures.forget,
    check: (monitor, check, timeoutMs) => roster.get(monitor)?.link.check(check, timeoutMs),
    async stop() {
      isStopped = true
      await reconciled
      await looking?.stop()
      await Promise.all(roster.all().map(roster.end))
    },
  }
}
