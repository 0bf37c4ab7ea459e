/**
 * The detector's centre: holds the state, takes inputs one at a time, and hands what changed to the bus and to whoever
 * watches. Everything with I/O is outside.
 */
import type { Clock } from '#clock'
import {
  admitSlices,
  applyChanges,
  type Change,
  type ConditionKey,
  createState,
  DETECTOR,
  DETECTOR_CONDITIONS,
  DETECTOR_EVENTS,
  decide,
  FORGET_AFTER_MS,
  type Input,
  type Instant,
  type MetricSample,
  type MonitorDeclaration,
  type NodeEvent,
  type NodeState,
  type Observation,
  type PersonsWord,
  type Problem,
  problemsOf,
  type Report,
  type ReportLimits,
  type Violation,
} from '#model'
import { createEventFold, type Shed, type Told } from './events/fold.ts'
import { createHeldReceipts } from './events/held-receipts.ts'
import { createMisconductBook, type Misconduct, type MisconductKind } from './events/misconduct.ts'
import { createShedBook, shedText } from './events/shed.ts'
import { createHoldings } from './holdings.ts'
import type { Ownership } from './monitors/ownership.ts'
import type { Receipt } from './outbox/outbox.ts'
import { createTurns, type Held } from './turns.ts'

export interface EngineOptions {
  readonly version: string
  readonly clock: Clock
  readonly limits: ReportLimits
  readonly ownership: Ownership
  /** Drawn at each start of the detector. */
  readonly incarnation: number
  /** Where changes go, in order; `by` is the monitor whose report brought them. */
  readonly publish: (changes: readonly Change[], receipt?: Receipt, by?: string) => void
  /** Whether there is room on the bus for an event of its monitor. Absent: always. */
  readonly offer?: (event: NodeEvent) => boolean
  /** What there was no room for. */
  readonly onShed?: (shed: Shed) => void
  /** Conditions and events that are taken at a time. Default {@link SLICE}. */
  readonly slice?: number
  /** When what a plug-in said ends that nobody has heard of for so long. Default an hour. */
  readonly forgetAfterMs?: number
  /** Returns how many of them no message of the bus can hold. */
  readonly publishMetrics: (monitor: string, at: Date, samples: readonly MetricSample[]) => number
}

/** What starts so soon after the detector was started with it. */
const STARTING_MS = 60_000
/** After this long every monitor of the node is known: those of the configuration at once, others by their sockets. */
const SETTLED_MS = 30_000
/** How often windows of events are looked at while some are open. */
const CLOSE_MS = 250

/** Which report brought an event, and when it was made. */
interface NamedReport {
  readonly time: Date
  readonly name: string
}

/** A receipt, and the windows that earlier slices of its report wait for. */
interface HeldBack {
  readonly receipt: Receipt
  readonly windows: readonly string[]
}

export interface Engine {
  readonly state: NodeState
  /** Whether it is known and not of ours. */
  isPlugIn(monitor: string): boolean
  /** The moment of the last report of any monitor. */
  readonly lastReport: Date | undefined
  /**
   * A report as it came; its receipt is called when everything it changed is on the bus. A large one is taken in parts.
   * Returns how long taking it held the event loop.
   */
  report(monitor: string, report: Report, receipt?: Receipt): Held
  take(input: Input): void
  /** Types belong to others from now on: what was said of them goes on under its new owner, or ends. */
  own(next: Ownership): void
  /** A report that is not looked at: its receipt is called in its turn. */
  skip(receipt: Receipt): void
  /** Takes over a state as the store has it, before anything else comes in. Nothing of it is published. */
  restore(changes: readonly Change[]): void
  /** Closes what a person says is over; returns its problems as they are then. */
  clear(word: PersonsWord): readonly Problem[]
  /** The detector's own word about the node's parts and itself. */
  observe(observations: readonly Observation[], withdrawn?: readonly ConditionKey[]): void
  event(event: Pick<NodeEvent, 'reason' | 'severity' | 'message' | 'entity'>): void
  /** What a monitor did that it may not, beside its reports; each in words that its author understands. */
  misbehaved(monitor: string, kind: MisconductKind, violations: readonly string[]): void
  /** Called with every batch of changes. Returns its own removal. */
  watch(listener: (changes: readonly Change[]) => void): () => void
  /** Time passes: absences are proven, folded events go out. */
  tick(): void
  /** What was folded and not told yet goes out. */
  drain(): void
}

function detectorDeclaration(version: string): MonitorDeclaration {
  return {
    name: DETECTOR,
    origin: 'built-in',
    protocol: 'nodedoctor.v1',
    socket: '',
    version,
    description: 'Watches the monitors, the configuration and the bus.',
    conditionTypes: new Map(DETECTOR_CONDITIONS.map((type) => [type.type, type])),
    eventReasons: new Map(DETECTOR_EVENTS.map((reason) => [reason.reason, reason])),
    checks: [],
    open: false,
  }
}

export function createEngine(options: EngineOptions): Engine {
  const { clock, limits, publish } = options
  let { ownership } = options
  const state = createState(ownership.owners)
  const fold = createEventFold(options.offer)
  const shedBook = createShedBook()
  const misconductBook = createMisconductBook()
  const receipts = createHeldReceipts()
  /** The last report of each monitor that this life of the detector took. */
  const taken = new Map<string, { readonly incarnation: number; readonly sequence: number }>()
  const startedMs = clock.monotonicMs()
  let isClosing = false
  const listeners = new Set<(changes: readonly Change[]) => void>()
  const turns = createTurns(clock)
  // What nobody has declared since the start counts among the plug-ins' own.
  const holdings = createHoldings(state, (monitor) => state.declarations.get(monitor)?.origin !== 'built-in')
  /** Monitors whose last report had times that make no sense. */
  const senseless = new Set<string>()
  let lastReport: Date | undefined
  let ownSequence = 0

  function now(): Instant {
    return { wall: clock.now(), monoMs: clock.monotonicMs() }
  }

  function isPlugIn(monitor: string): boolean {
    const declaration = state.declarations.get(monitor)
    return declaration !== undefined && declaration.origin !== 'built-in'
  }

  /** Events of one second are told as one; everything else passes as it is. `windows` are those that hold some. */
  function folded(
    changes: readonly Change[],
    report: NamedReport,
  ): { out: readonly Change[]; windows: readonly string[]; closed: readonly string[]; shed: readonly Shed[] } {
    const windows: string[] = []
    const shed: Shed[] = []
    const closed: string[] = []
    if (!changes.some((change) => change.kind === 'event')) return { out: changes, windows, closed, shed }
    const monoMs = clock.monotonicMs()
    const out = changes.flatMap((change): Change[] => {
      if (change.kind !== 'event') return [change]
      const taken = fold.take(change.value, report, monoMs)
      if (taken.id !== undefined) windows.push(taken.id)
      closed.push(...taken.closed)
      shed.push(...taken.shed)
      return taken.events.map((value) => ({ kind: 'event', value }))
    })
    closeLater()
    return { out, windows, closed, shed }
  }

  /** What there was no room for stands as a number in its monitor's state, which is on the bus before the receipt goes. */
  function counted(shed: readonly Shed[]): readonly Change[] {
    if (shed.length === 0) return []
    shedBook.saw(shed)
    return shedBook.sums(shed).flatMap((one) => {
      options.onShed?.(one)
      if (one.monitor === DETECTOR) return []
      const { monitor, severity, count: times } = one
      const changes = decide(state, { kind: 'misbehaved', monitor, violations: [shedText(severity)], times }, now())
      applyChanges(state, changes)
      return changes
    })
  }

  function tellShed(): void {
    for (const { monitor, text } of shedBook.due(clock.monotonicMs()))
      event({ reason: 'EventsShed', severity: 'warning', entity: `monitor:${monitor}`, message: text })
  }

  /** Windows are closed while something is open, and nothing turns while nothing is. */
  function closeLater(): void {
    if (isClosing || fold.open === 0) return
    isClosing = true
    clock.after(CLOSE_MS, () => {
      isClosing = false
      closeWindows()
    })
  }

  function closeWindows(): void {
    tell(fold.due(now()))
    closeLater()
  }

  function release(windows: readonly string[]): void {
    for (const receipt of receipts.closed(windows)) publish([], receipt)
  }

  /** Returns the windows that hold some of it: its receipt, or that of a later slice, waits until they are told. */
  function commit(
    changes: readonly Change[],
    report: NamedReport,
    of: { by?: string; receipt?: HeldBack } = {},
  ): readonly string[] {
    holdings.saw(changes)
    applyChanges(state, changes)
    const { out, windows, closed, shed } = folded(changes, report)
    // Windows that were let go are other monitors' too, and go on their account.
    const isOwn = (change: Change) => of.by === undefined || change.kind !== 'event' || change.value.monitor === of.by
    const own = out.filter(isOwn)
    const others = [...out.filter((change) => !isOwn(change)), ...counted(shed)]
    const free = of.receipt && receipts.add(of.receipt.receipt, [...of.receipt.windows.filter(fold.isOpen), ...windows])
    if (others.length > 0) {
      if (own.length > 0) publish(own, undefined, of.by)
      publish(others)
      if (free !== undefined) publish([], free, of.by)
    } else if (own.length > 0 || free !== undefined) publish(own, free, of.by)
    release(closed)
    const all = [...own, ...others]
    if (all.length > 0) for (const listener of listeners) listener(all)
    if (shed.length > 0) tellShed()
    return windows
  }

  /** Windows that are over: counts that grew, and whoever waited for them. */
  function tell({ events, closed, shed }: Told): void {
    const changes: Change[] = [...events.map((value) => ({ kind: 'event', value }) as const), ...counted(shed)]
    if (changes.length > 0) {
      publish(changes)
      for (const listener of listeners) listener(changes)
    }
    release(closed)
  }

  function take(input: Input, receipt?: HeldBack): readonly string[] {
    const at = now()
    const report =
      input.kind === 'report'
        ? { time: input.report.time, name: nameOf(input.report) }
        : { time: at.wall, name: String(options.incarnation) }
    const withDetector = at.monoMs - startedMs < STARTING_MS
    const taken = input.kind === 'declared' ? { ...input, withDetector } : input
    const by = input.kind === 'report' && input.monitor !== DETECTOR ? { by: input.monitor } : {}
    return commit(decide(state, taken, at), report, { ...by, ...(receipt && { receipt }) })
  }

  /** A report's own name; one without a number of its own is named by this life of the detector. */
  function nameOf({ incarnation, sequence }: Report): string {
    return `${incarnation === 0 ? options.incarnation : incarnation}-${sequence}`
  }

  /** The same report again, within this life: it is taken already, and acknowledged with what it brought. */
  function isRepeated(monitor: string, { incarnation, sequence }: Report): boolean {
    if (incarnation === 0) return false
    const last = taken.get(monitor)
    return last !== undefined && last.incarnation === incarnation && sequence <= last.sequence
  }

  function own(more: Partial<Report>): void {
    ownSequence++
    const report: Report = {
      incarnation: 0,
      sequence: ownSequence,
      time: clock.now(),
      observations: [],
      events: [],
      metrics: [],
      runs: [],
      withdrawn: [],
      complete: [],
      ...more,
    }
    take({ kind: 'report', monitor: DETECTOR, report, violations: [] })
  }

  function event(happened: Pick<NodeEvent, 'reason' | 'severity' | 'message' | 'entity'>): void {
    const wall = clock.now()
    const id = `${DETECTOR}-${options.incarnation}-${ownSequence + 1}`
    own({ events: [{ ...happened, id, monitor: DETECTOR, check: '', firstSeen: wall, lastSeen: wall, count: 1 }] })
  }

  /** Times that make no sense once are a report that was on its way while the clock was set. */
  function misconduct(monitor: string, violations: readonly Violation[]): readonly Violation[] {
    const wasSenseless = senseless.has(monitor)
    if (violations.some(({ code }) => code === 'time-senseless')) senseless.add(monitor)
    else senseless.delete(monitor)
    return wasSenseless ? violations : violations.filter(({ code }) => code !== 'time-senseless')
  }

  function tellMisconduct(monitor: string, done: readonly Misconduct[]): void {
    const message = misconductBook.saw(monitor, done, clock.monotonicMs())
    if (message === undefined) return
    event({ reason: 'MonitorMisbehaves', severity: 'warning', entity: `monitor:${monitor}`, message })
  }

  function tellMetrics(monitor: string, { metrics, time }: Report): void {
    const times = metrics.length === 0 ? 0 : options.publishMetrics(monitor, time, metrics)
    if (times === 0) return
    const text = 'metric samples that no message of the bus can hold were left out'
    take({ kind: 'misbehaved', monitor, violations: [text], times })
    tellMisconduct(monitor, [{ kind: 'samples', text }])
  }

  function skip(receipt: Receipt): void {
    const free = receipts.add(receipt, [])
    if (free !== undefined) publish([], free)
  }

  /** Slice by slice; between two of them others have their turn. */
  function* takeReport(monitor: string, raw: Report, receipt: Receipt | undefined): Generator<void, void> {
    const wall = clock.now()
    const declaration = state.declarations.get(monitor)
    if (declaration === undefined || isRepeated(monitor, raw)) {
      if (receipt !== undefined) skip(receipt)
      return
    }
    const owner = (type: string) => ownership.othersOf(type, declaration.name)
    const admission = { declaration, limits, owner, holdings: holdings.of(monitor) }
    const windows: string[] = []
    lastReport = wall
    for (const { report, named, more, violations } of admitSlices(raw, admission, wall, options.slice)) {
      // It was forgotten meanwhile.
      if (!state.declarations.has(monitor)) return
      const held = more || receipt === undefined ? undefined : { receipt, windows }
      const told = violations.map(({ text }) => text)
      windows.push(...take({ kind: 'report', monitor, report, violations: told, more, named }, held))
      if (more) {
        yield
        continue
      }
      if (raw.incarnation !== 0) taken.set(monitor, { incarnation: raw.incarnation, sequence: raw.sequence })
      tellMetrics(monitor, report)
      tellMisconduct(
        monitor,
        misconduct(monitor, violations).map(({ code, text }) => ({ kind: code, text })),
      )
    }
  }

  take({ kind: 'declared', declaration: detectorDeclaration(options.version), incarnation: options.incarnation })

  return {
    state,
    isPlugIn,
    get lastReport() {
      return lastReport
    },
    take,
    own(next) {
      ownership = next
      const sources = [...state.sources.values()].map(({ monitor, observation }) => ({ ...observation, monitor }))
      const silenced = sources.filter(({ type, monitor }) => next.othersOf(type, monitor) !== undefined)
      take({ kind: 'owners', owners: next.owners, silenced })
    },
    restore(changes) {
      holdings.saw(changes)
      applyChanges(state, changes)
    },
    clear(word) {
      const open = problemsOf(state.problems.values(), word)
      take({ kind: 'cleared', ...word })
      return open.map((problem) => state.problems.get(problem.fingerprint) ?? problem)
    },
    skip,
    event,
    report: (monitor, raw, receipt) => turns.run(monitor, () => takeReport(monitor, raw, receipt)),
    misbehaved(monitor, kind, violations) {
      take({ kind: 'misbehaved', monitor, violations })
      tellMisconduct(
        monitor,
        violations.map((text) => ({ kind, text })),
      )
    },
    observe: (observations, withdrawn = []) => own({ observations, withdrawn }),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tick() {
      const { forgetAfterMs = FORGET_AFTER_MS } = options
      take({ kind: 'tick', settled: clock.monotonicMs() - startedMs >= SETTLED_MS, forgetAfterMs })
      closeWindows()
      tellShed()
    },
    drain() {
      tell(fold.rest())
    },
  }
}
