/**
 * The detector's centre: holds the state, takes inputs one at a time, and hands what changed to the bus and to whoever
 * watches. Everything with I/O is outside.
 */
import {
  admitSlices,
  applyChanges,
  type Change,
  createState,
  DETECTOR,
  decide,
  FORGET_AFTER_MS,
  type Input,
  type Instant,
  problemsOf,
  type Report,
  type Silenced,
} from '#model'
import { createConduct } from './conduct.ts'
import type { Engine, EngineOptions } from './engine-types.ts'
import { createEventFold, type Shed, type Told } from './events/fold.ts'
import { createHeldReceipts } from './events/held-receipts.ts'
import { createShedBook, shedText } from './events/shed.ts'
import { createHoldings } from './holdings.ts'
import type { Receipt } from './outbox/outbox.ts'
import { createOwnReports, detectorDeclaration, type OwnEvent } from './own-reports.ts'
import { heardBeside, typesHeard } from './speakers.ts'
import { createTurns } from './turns.ts'

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

export function createEngine(options: EngineOptions): Engine {
  const { clock, limits, publish } = options
  let { ownership } = options
  const state = createState(ownership.owners)
  const fold = createEventFold(options.offer)
  const shedBook = createShedBook()
  const receipts = createHeldReceipts()
  /** The last report of each monitor that this life of the detector took. */
  const taken = new Map<string, { readonly incarnation: number; readonly sequence: number }>()
  const startedMs = clock.monotonicMs()
  let isClosing = false
  const listeners = new Set<(changes: readonly Change[]) => void>()
  const turns = createTurns(clock)
  // What nobody has declared since the start counts among the plug-ins' own.
  const holdings = createHoldings(state, (monitor) => state.declarations.get(monitor)?.origin !== 'built-in')
  const ownReports = createOwnReports(options.incarnation, clock)
  const conduct = createConduct({ clock, limits, isPlugIn, take, event, publishMetrics: options.publishMetrics })
  let lastReport: Date | undefined

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
    conduct.saw(changes)
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

  /** What stands here of whom it is not to say: by the configuration, or because a monitor of ours speaks of it. */
  function silenced(): readonly Silenced[] {
    const heard = typesHeard(state)
    const besideOurs = (monitor: string) => state.declarations.get(monitor)?.origin === 'discovered'
    return [...state.sources.values()].flatMap(({ monitor, observation: { type, entity } }) => {
      const by = ownership.othersOf(type, monitor) ?? (besideOurs(monitor) ? heard.get(type) : undefined)
      return by === undefined ? [] : [{ monitor, type, entity, by }]
    })
  }

  /** Called when a monitor of ours was heard for the first time since it started. */
  function silenceOthers(): void {
    const others = silenced()
    if (others.length > 0) take({ kind: 'owners', owners: ownership.owners, silenced: others })
  }

  function own(report: Report): void {
    take({ kind: 'report', monitor: DETECTOR, report, violations: [] })
  }

  function event(happened: OwnEvent): void {
    own(ownReports.ofEvent(happened))
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
    const beside = heardBeside(state, monitor)
    const owner = (type: string) => ownership.othersOf(type, declaration.name) ?? beside.get(type)
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
      if (!isPlugIn(monitor) && taken.get(monitor)?.incarnation !== raw.incarnation) silenceOthers()
      if (raw.incarnation !== 0) taken.set(monitor, { incarnation: raw.incarnation, sequence: raw.sequence })
      conduct.samples(monitor, report)
      conduct.broke(monitor, violations)
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
      take({ kind: 'owners', owners: next.owners, silenced: silenced() })
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
    misbehaved: conduct.misbehaved,
    observe: (observations, withdrawn = []) => own(ownReports.report({ observations, withdrawn })),
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
