/**
 * The reducer: (state, input, now) → changes. Pure; `applyChanges` moves the state by them, and nothing else does.
 * Order within an input does not matter for independent conditions.
 */
import { hasOwnKey } from './admit-event.ts'
import { clearProblems } from './clear.ts'
import { blockingDependency, heldBack } from './dependency.ts'
import { createDraft, type Draft } from './draft.ts'
import { checkKey, conditionKey } from './keys.ts'
import { mergeCondition } from './merge.ts'
import {
  answered,
  assume,
  declareMonitor,
  dropSource,
  expectMonitor,
  loseMonitor,
  noteConnection,
  noteTrouble,
  removeMonitor,
  withViolations,
} from './monitor-life.ts'
import { judgeAgain, observe } from './observe.ts'
import { endOrphans, FORGET_AFTER_MS } from './orphans.ts'
import { changeOwners, type Silenced } from './owners.ts'
import { DETECTOR, type EventRules, followEvent, isOpen, passTime, resolveProblem } from './problem.ts'
import { isGoneWithReboot } from './recovery.ts'
import { compareSeverity } from './severity.ts'
import { applyChanges, type Change, copyState, type MonitorDeclaration, type NodeState } from './state.ts'
import type {
  CheckRun,
  ConditionKey,
  Instant,
  MonitorConnection,
  NodeEvent,
  Observation,
  Problem,
  RecoveryRule,
  Report,
  SourceCondition,
} from './types.ts'

/** Everything that can happen to the state: what `decide` takes. */
export type Input =
  | { readonly kind: 'expected'; readonly declaration: MonitorDeclaration }
  /** `withDetector`: the detector was started just now too, which is told once for all. */
  | {
      readonly kind: 'declared'
      readonly declaration: MonitorDeclaration
      readonly incarnation: number
      readonly withDetector?: boolean
    }
  /**
   * A slice of an admitted report ({@link admitSlices}); `more` of it follows, or it is the last. `violations` of the report,
   * in words, come with the last and are kept and counted against the monitor. `named` are the conditions of all its slices;
   * default: those of this one.
   */
  | {
      readonly kind: 'report'
      readonly monitor: string
      readonly report: Report
      readonly violations: readonly string[]
      readonly more?: boolean
      readonly named?: ReadonlySet<string>
    }
  /** A monitor did what it may not, beside its reports: in its declaration, or on its socket. */
  | {
      readonly kind: 'misbehaved'
      readonly monitor: string
      readonly violations: readonly string[]
      /** How often each. Default 1. */
      readonly times?: number
    }
  | { readonly kind: 'lost'; readonly monitor: string; readonly reason: string }
  /** A session with it failed, which is no loss yet: it may be back at once. */
  | { readonly kind: 'troubled'; readonly monitor: string; readonly reason: string }
  /** How the connection to it stands now; of a monitor that is not known it says nothing. */
  | { readonly kind: 'connection'; readonly monitor: string; readonly connection: MonitorConnection }
  /**
   * What is held of a monitor's conditions before it has spoken of them. Of one that it has spoken of, that is another's, or that has
   * an open problem, it says nothing.
   */
  | { readonly kind: 'assumed'; readonly monitor: string; readonly observations: readonly Observation[] }
  | { readonly kind: 'removed'; readonly monitor: string }
  /**
   * Time passed; every few seconds. `settled`: all monitors of this node are known by now, so that what nobody speaks
   * of any more can end; while it is false, nothing is absent either.
   */
  | { readonly kind: 'tick'; readonly settled?: boolean; readonly forgetAfterMs?: number }
  /** Who alone may speak of which type from now on; `silenced` are sources whose monitor may not speak of theirs any more. */
  | {
      readonly kind: 'owners'
      readonly owners: ReadonlyMap<string, string>
      readonly silenced: readonly Silenced[]
    }
  /** Open problems as they were before a reboot. */
  | { readonly kind: 'restored'; readonly problems: readonly Problem[]; readonly rebooted: boolean }
  /** A person says that it is over; `entity` undefined: of every entity that has an open problem of this type. */
  | {
      readonly kind: 'cleared'
      readonly type: string
      readonly entity: string | undefined
      readonly by: string
      readonly why: string
    }

/** An undeclared event of a plug-in that is a warning or worse is over when it was not seen for this long. */
export const UNDECLARED_EVENT_RULES: readonly RecoveryRule[] = [{ kind: 'absent', forMs: 600_000 }]

function eventRules(draft: Draft, event: NodeEvent): EventRules | undefined {
  const declaration = draft.declaration(event.monitor)
  const declared = declaration?.eventReasons.get(event.reason)
  if (declared !== undefined) return declared.recovery && { rules: declared.recovery, verbatim: declared.verbatim }
  const open = declaration?.open ?? false
  return open && compareSeverity(event.severity, 'warning') >= 0 ? { rules: UNDECLARED_EVENT_RULES } : undefined
}

function takeEvent(draft: Draft, event: NodeEvent, repeated: boolean): void {
  draft.emit(event)
  const declared = eventRules(draft, event)
  if (declared !== undefined) followEvent(draft, event, { ...declared, repeated, isKeyed: hasOwnKey(event) })
}

/** The last run of each declared check; a report names only those that ran. One that declares none has one. */
function mergedRuns(
  before: readonly CheckRun[],
  runs: readonly CheckRun[],
  declaration: MonitorDeclaration | undefined,
): readonly CheckRun[] {
  if (runs.length === 0) return before
  const checks = declaration?.checks ?? []
  if (checks.length === 0) return runs.slice(-1)
  const declared = new Set(checks.map(({ check }) => check))
  const byCheck = new Map(before.map((run) => [run.check, run]))
  for (const run of runs) if (declared.has(run.check)) byCheck.set(run.check, run)
  return [...byCheck.values()].sort((a, b) => (a.check < b.check ? -1 : a.check > b.check ? 1 : 0))
}

type ReportInput = Extract<Input, { kind: 'report' }>

function takeReport(draft: Draft, { monitor, report, violations, more = false, named }: ReportInput): void {
  answered(draft, monitor)
  const known = draft.monitor(monitor)
  const isNumbered = report.incarnation !== 0
  const repeated = isNumbered && known?.incarnation === report.incarnation && report.sequence <= known.acknowledged
  for (const observation of report.observations) observe(draft, monitor, observation, report)
  for (const { type, entity } of report.withdrawn) withdraw(draft, monitor, { type, entity }, report)
  if (isNumbered && report.complete.length > 0) withdrawUnnamed(draft, monitor, report)
  const all = named ?? keysOf(report)
  if (!more) noteLooks(draft, monitor, report, all)
  if (!repeated && !more) noteProof(draft, monitor, report, all)
  for (const event of report.events) takeEvent(draft, event, repeated)
  const state = draft.monitor(monitor)
  // A report is taken with its last slice: a life that ends before has it told again, whole.
  if (state === undefined || more) return
  const failed = report.runs.find((run) => run.error !== '')
  draft.putMonitor({
    ...state,
    lastReport: draft.now.wall,
    runs: mergedRuns(state.runs, report.runs, draft.declaration(monitor)),
    incarnation: report.incarnation === 0 ? state.incarnation : report.incarnation,
    acknowledged: Math.max(report.incarnation === state.incarnation ? state.acknowledged : 0, report.sequence),
    reports: state.reports + 1,
    ...withViolations(state, violations, draft.now.wall),
    ...(failed ? { lastError: `${failed.check}: ${failed.error}`, lastErrorAt: failed.started } : {}),
  })
}

/** What may open a gate although no check says another thing: who declares what, and whose a name is. */
const MOVES_EDGES: ReadonlySet<Input['kind']> = new Set(['expected', 'declared', 'removed', 'owners'])

/**
 * What was held back and is no more counts at once: its check may look again in an hour. Where a person said that the cause is over
 * the next look counts: what was seen until then was seen behind it.
 */
function freeHeld(draft: Draft, { kind }: Input): void {
  if (!MOVES_EDGES.has(kind) && !(draft.hasDependents() && draft.shadowsMoved())) return
  // What counts from now on frees nobody: of a plug-in, which may have thousands, who waits behind the same as another goes on to wait.
  const waiting = new Set<string>()
  for (const source of heldBack(draft)) {
    const { check, severity } = source.observation
    const gate = checkKey(source.monitor, `${severity} ${check}`)
    if (waiting.has(gate)) continue
    if (blockingDependency(draft, source.monitor, source.observation) === undefined) {
      if (kind === 'cleared') draft.putSource({ ...source, cleared: draft.now.wall })
      else judgeAgain(draft, source)
    } else if (draft.declaration(source.monitor)?.origin !== 'built-in') waiting.add(gate)
  }
}

/** A monitor no longer watches it. A report that was delivered before says nothing of what was said since. */
function withdraw(draft: Draft, monitor: string, { type, entity }: ConditionKey, report: Report): void {
  const source = draft.source(monitor, type, entity)
  if (source === undefined) return
  const isLater = source.incarnation === report.incarnation && source.sequence > report.sequence
  if (report.incarnation !== 0 && isLater) return
  dropSource(draft, monitor, type, entity, 'withdrawn', 'its monitor no longer watches it')
}

/** Checks have named every condition they watch: what they said in an earlier life only is no longer watched. */
function withdrawUnnamed(draft: Draft, monitor: string, { complete, incarnation }: Report): void {
  const checks = new Set(complete)
  const why = 'its check no longer watches it'
  for (const source of draft.sourcesBy(monitor)) {
    const { type, entity } = source.observation
    if (!checks.has(source.observation.check) || source.incarnation === incarnation) continue
    dropSource(draft, monitor, type, entity, 'withdrawn', why)
  }
  for (const problem of draft.allProblems()) {
    const isOf = problem.source === monitor && checks.has(problem.check) && !problem.fromEvent
    if (!isOf || !isOpen(problem) || draft.sourcesOf(problem.type, problem.entity).length > 0) continue
    resolveProblem(draft, problem, 'withdrawn', why)
  }
}

function keysOf({ observations }: Report): ReadonlySet<string> {
  return new Set(observations.map(({ type, entity }) => conditionKey(type, entity)))
}

/** Runs of which checks stand for every condition of theirs, or for those alone that the report names. */
function noteProof(draft: Draft, monitor: string, { runs, complete }: Report, named: ReadonlySet<string>): void {
  const whole = new Set(complete)
  const partial = new Set(
    runs.filter(({ check, error }) => error === '' && !whole.has(check)).map(({ check }) => check),
  )
  if (whole.size === 0 && partial.size === 0) return
  const moved: SourceCondition[] = []
  // Asked of each source at each report: what is cheap to know comes first.
  for (const source of draft.sourcesBy(monitor)) {
    const { type, entity, check } = source.observation
    if (source.byLook === true) {
      if (whole.has(check)) moved.push({ ...source, byLook: false })
    } else if (partial.has(check) && !named.has(conditionKey(type, entity))) moved.push({ ...source, byLook: true })
  }
  for (const source of moved) {
    draft.putSource(source)
    mergeCondition(draft, source.observation.type, source.observation.entity)
  }
}

/**
 * A check that streams and tells no runs looks where it tells: each report of a problem is a look at that problem alone, and when that was
 * is told with its condition (`byLook`), in steps. Of what is well it would be news to nobody. The detector's own words are proven by its heartbeat.
 */
function noteLooks(draft: Draft, monitor: string, { runs }: Report, named: ReadonlySet<string>): void {
  if (monitor === DETECTOR) return
  const ran = new Set([...(draft.monitor(monitor)?.runs ?? []), ...runs].map(({ check }) => check))
  const moved: SourceCondition[] = []
  for (const source of draft.sourcesBy(monitor)) {
    const { type, entity, check } = source.observation
    if (ran.has(check) || !named.has(conditionKey(type, entity))) continue
    const byLook = source.health === 'problem'
    if ((source.byLook ?? false) !== byLook) moved.push({ ...source, byLook })
  }
  for (const source of moved) {
    draft.putSource(source)
    mergeCondition(draft, source.observation.type, source.observation.entity)
  }
}

function endByReboot(draft: Draft, problem: Problem): void {
  resolveProblem(draft, problem, 'reboot', 'the node was rebooted')
}

/** Whether what is declared of its type, or of its event's reason, says that a reboot proves a problem gone. */
function isDeclaredGone(draft: Draft, { type, source, fromEvent }: Problem): boolean {
  const declared = fromEvent
    ? draft.declaration(source)?.eventReasons.get(type)
    : draft.conditionType(type, draft.ownerOf(type) ?? source)
  return isGoneWithReboot(declared?.recovery)
}

/**
 * Problems of a monitor that came over a reboot, and that nobody has spoken of since, end by it if what it declares says so:
 * that is known only now where the rules that were kept with them did not.
 */
function judgeReboot(draft: Draft, { name }: MonitorDeclaration): void {
  for (const problem of draft.allProblems()) {
    const { type, entity, source, fromEvent, unproven, openedMonoMs } = problem
    if (source !== name || !isOpen(problem) || !unproven || openedMonoMs !== 0) continue
    const isSpokenOf = !fromEvent && draft.sourcesOf(type, entity).length > 0
    if (!isSpokenOf && isDeclaredGone(draft, problem)) endByReboot(draft, problem)
  }
}

function restore(draft: Draft, problems: readonly Problem[], rebooted: boolean): void {
  for (const problem of problems) {
    if (!isOpen(problem) || draft.problem(problem.fingerprint) !== undefined) continue
    const unproven: Problem = {
      ...problem,
      unproven: true,
      lastSeenMonoMs: draft.now.monoMs,
      // Its own moment was on another boot's clock.
      openedMonoMs: rebooted ? 0 : problem.openedMonoMs,
      phase: 'changed',
      revision: problem.revision + 1,
      changed: draft.now.wall,
    }
    draft.putProblem(unproven, true)
    if (rebooted && (isGoneWithReboot(problem.rules) || isDeclaredGone(draft, problem))) endByReboot(draft, unproven)
  }
}

function take(draft: Draft, input: Input): void {
  switch (input.kind) {
    case 'expected':
      expectMonitor(draft, input.declaration)
      break
    case 'declared':
      declareMonitor(draft, input.declaration, input.incarnation, input.withDetector)
      judgeReboot(draft, input.declaration)
      break
    case 'report':
      takeReport(draft, input)
      break
    case 'misbehaved': {
      const state = draft.monitor(input.monitor)
      if (state !== undefined)
        draft.putMonitor({ ...state, ...withViolations(state, input.violations, draft.now.wall, input.times) })
      break
    }
    case 'lost':
      loseMonitor(draft, input.monitor, input.reason)
      break
    case 'troubled':
      noteTrouble(draft, input.monitor, input.reason)
      break
    case 'connection':
      noteConnection(draft, input.monitor, input.connection)
      break
    case 'assumed':
      for (const observation of input.observations) assume(draft, input.monitor, observation)
      break
    case 'removed':
      removeMonitor(draft, input.monitor)
      break
    case 'tick':
      passTime(draft, input.settled !== false)
      if (input.settled) endOrphans(draft, input.forgetAfterMs ?? FORGET_AFTER_MS)
      break
    case 'owners':
      changeOwners(draft, input.owners, input.silenced)
      break
    case 'restored':
      restore(draft, input.problems, input.rebooted)
      break
    case 'cleared':
      clearProblems(draft, input)
      break
  }
}

/** What an input changes. `state` is only read. */
export function decide(state: NodeState, input: Input, now: Instant): Change[] {
  const draft = createDraft(state, now)
  take(draft, input)
  freeHeld(draft, input)
  return draft.changes()
}

/** (state, input, now) → (state', changes), leaving `state` as it was. */
export function reduce(state: NodeState, input: Input, now: Instant): { state: NodeState; changes: Change[] } {
  const changes = decide(state, input, now)
  const next = copyState(state)
  applyChanges(next, changes)
  return { state: next, changes }
}
