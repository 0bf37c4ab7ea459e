/** A node as a reader of the bus knows it, over restarts and reboots, for tests that tell what happens step by step. */
import { decide, type Input } from './decide.ts'
import { conditionKey } from './keys.ts'
import { DETECTOR_CONDITIONS } from './monitor-life.ts'
import { DETECTOR } from './problem.ts'
import { provenAt } from './proven.ts'
import { applyChanges, type Change, copyState, createState, type MonitorDeclaration, type NodeState } from './state.ts'
import { conditionType, declaration, observation, T0 } from './testing.ts'
import type { CheckRun, ConditionType, Instant, Observation, Problem, Report } from './types.ts'

const TYPE = 'DiskFull'
const ENTITY = 'disk:/var'
const CHECK = 'disk'

/** What a look says: a health, or that it is above its limit for too short a time. */
export type Look = 'healthy' | 'problem' | 'unknown' | 'pending'

export interface Story {
  readonly state: NodeState
  /** The clocks go on. @param wall the wall clock is set by so much besides */
  pass(seconds: number, wall?: number): void
  /** The check looks now and its report arrives. */
  look(look: Look, more?: Partial<Report>): readonly Change[]
  /** A report as the check makes it now, for a later delivery. */
  report(look: Look | undefined, more?: Partial<Report>, said?: Partial<Observation>): Report
  deliver(report: Report): readonly Change[]
  lose(): void
  /** The monitor's next life declares itself. */
  restartMonitor(): void
  /** The detector's next life reads back what was written. */
  restartDetector(): void
  /** The machine is rebooted: the bus is empty, open problems are read back. */
  reboot(): void
  take(input: Input): readonly Change[]
  /** As a reader has it: `quiet` changes are not written. Seconds since the story began, by the wall clock. */
  seen(): { health: string; held: string; reason: string; message: string; since: number; proven: number }
  readonly problem: Problem | undefined
}

function declared(rule: Partial<ConditionType>): MonitorDeclaration {
  const checks = [{ check: CHECK, conditionTypes: [TYPE], dependsOn: [] }]
  return declaration('system', [conditionType(TYPE, rule)], { checks })
}

/** As the outbox does: what only moves the time of a proof is not written, but for the last run of each check. */
function isWritten(change: Change): boolean {
  return !('quiet' in change) || !change.quiet || change.kind === 'monitor'
}

/** @param rule what the type declares beside its name. Default: two healthy looks in a row prove it well */
export function tellStory(rule: Partial<ConditionType> = {}): Story {
  const owners = new Map([[TYPE, 'system'], ...DETECTOR_CONDITIONS.map(({ type }) => [type, DETECTOR] as const)])
  let state = createState(owners)
  let store = createState(owners)
  let wallMs = T0
  let monoMs = 1_000_000
  let incarnation = 7
  let sequence = 0
  const now = (): Instant => ({ wall: new Date(wallMs), monoMs })
  const seconds = (time: Date) => Math.round((time.getTime() - T0) / 1000)

  function take(input: Input): readonly Change[] {
    const changes = decide(state, input, now())
    applyChanges(state, changes)
    applyChanges(store, changes.filter(isWritten))
    return changes
  }

  function report(look: Look | undefined, more: Partial<Report> = {}, said: Partial<Observation> = {}): Report {
    sequence++
    const wall = new Date(wallMs)
    const run: CheckRun = { check: CHECK, checkType: '', started: wall, durationUs: 1, error: '', intervalMs: 10_000 }
    const pending = look === 'pending' ? { pending: true, reason: 'NotSustainedYet', message: '1 of 3' } : {}
    const one = { entity: ENTITY, check: CHECK, observed: wall, ...pending, ...said }
    return {
      incarnation,
      sequence,
      time: wall,
      observations: look === undefined ? [] : [observation(TYPE, look === 'pending' ? 'healthy' : look, one)],
      events: [],
      metrics: [],
      runs: [run],
      withdrawn: [],
      complete: [],
      ...more,
    }
  }

  const deliver = (said: Report) => take({ kind: 'report', monitor: 'system', violations: [], report: said })
  const declare = () => take({ kind: 'declared', declaration: declared(rule), incarnation })
  declare()

  return {
    get state() {
      return state
    },
    pass(by, wall = 0) {
      monoMs += by * 1000
      wallMs += (by + wall) * 1000
    },
    look: (look, more) => deliver(report(look, more)),
    report,
    deliver,
    lose: () => void take({ kind: 'lost', monitor: 'system', reason: 'silent' }),
    restartMonitor() {
      incarnation++
      sequence = 0
      declare()
    },
    restartDetector() {
      state = copyState(store)
      state.declarations.clear()
      declare()
    },
    reboot() {
      const problems = [...state.problems.values()]
      state = createState(owners)
      store = createState(owners)
      monoMs = 5000
      incarnation += 100
      sequence = 0
      take({ kind: 'restored', problems, rebooted: true })
      declare()
    },
    take,
    seen() {
      const condition = store.conditions.get(conditionKey(TYPE, ENTITY))
      if (condition === undefined) throw new Error('nothing is known')
      const { health, held, reason, message, since, statusSince } = condition
      if (since.getTime() !== statusSince.getTime()) throw new Error('page and node differ about since when')
      const listeningSince = new Date(T0)
      const proven = provenAt(
        condition,
        store.monitors,
        { state: 'live', lastHeartbeat: now().wall, listeningSince },
        now().wall,
      )
      return { health, held, reason, message, since: seconds(since), proven: seconds(proven) }
    },
    get problem() {
      return [...state.problems.values()].find(({ type }) => type === TYPE)
    },
  }
}
