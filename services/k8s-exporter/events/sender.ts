/** Brings facts to the API server as events. A message is taken when the server has accepted what it says. */
import { compareSeverity, type NodeEvent, type Problem, type Severity } from '#model'
import type { Clock } from '#service'
import type { Due, Line } from './kept.ts'
import type { Ledger, Verdict } from './ledger.ts'
import { MISSED } from './reasons.ts'
import type { NpdSource } from './render.ts'
import type { RepairTold } from './repairs.ts'
import { createEventRequests, type RequestOptions } from './requests.ts'
import type { ToldFile } from './told-file.ts'

/** Facts older than this are history, which the API server keeps for an hour. The bus keeps events as long. */
const TOO_OLD_MS = 24 * 3_600_000

export interface SenderOptions extends RequestOptions {
  readonly ledger: Ledger
  readonly toldFile: ToldFile
  readonly clock: Clock
  readonly minSeverity: Severity
  readonly npdSource: NpdSource
}

/** Every method rejects when the server did not take it; the same fact is then to be given again. */
export interface EventSender {
  event(event: NodeEvent): Promise<void>
  problem(problem: Problem): Promise<void>
  repair(told: RepairTold): Promise<void>
  /** Facts were lost on the way; told with the next turn. */
  missed(stream: string, count: number): void
  /** Sends counts and sums that waited long enough. */
  turn(): Promise<void>
  readonly waiting: number
}

/** @returns what runs work one after the other: a count that is on its way must not be overtaken by one that knows less */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<void> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }
}

function missedEvent(stream: string, count: number, now: Date): NodeEvent {
  return {
    id: `missed ${stream} ${now.getTime()}`,
    monitor: 'k8s-exporter',
    check: '',
    entity: '',
    severity: 'warning',
    reason: MISSED,
    message: `${count} facts left the bus (${stream}) before they could be sent`,
    firstSeen: now,
    lastSeen: now,
    count: 1,
  }
}

/** Does what the ledger says, and keeps it once it is done. */
interface Settling {
  verdict(verdict: Verdict): Promise<void>
  count(due: Due): Promise<void>
  sum(due: Due): Promise<void>
}

function createSettling(options: SenderOptions): Settling {
  const { ledger, toldFile, onAction } = options
  const requests = createEventRequests(options)

  async function commit(lines: readonly Line[]): Promise<void> {
    ledger.apply(lines)
    await toldFile.keep(lines)
  }

  return {
    async verdict(verdict) {
      if (verdict.kind === 'known') return
      if (verdict.kind === 'create') await requests.create(verdict.told)
      if (verdict.kind === 'count') await requests.count(verdict.told)
      if (verdict.kind === 'held') onAction('held_back', 1)
      await commit(verdict.lines)
    },
    async count({ told, lines }) {
      await requests.count(told)
      await commit(lines)
    },
    async sum({ told, lines }) {
      await requests.create(told)
      await commit(lines)
    },
  }
}

/** Sends one of what waits by itself. @returns whether there was something */
async function next({ ledger, clock }: SenderOptions, settling: Settling, gaps: NodeEvent[]): Promise<boolean> {
  const nowMs = clock.now().getTime()
  const [gap] = gaps
  if (gap !== undefined) {
    await settling.verdict(ledger.event(gap, nowMs))
    gaps.shift()
    return true
  }
  const [counted] = ledger.dueCounts(nowMs)
  if (counted !== undefined) {
    await settling.count(counted)
    return true
  }
  const [held] = ledger.dueHeld(nowMs)
  if (held !== undefined) await settling.sum(held)
  return held !== undefined
}

export function createEventSender(options: SenderOptions): EventSender {
  const { pause, ledger, clock, onAction } = options
  const gaps: NodeEvent[] = []
  const alone = createQueue()
  const settling = createSettling(options)

  function isSmall(severity: Severity): boolean {
    return compareSeverity(severity, options.minSeverity) < 0
  }

  function isOld(at: Date): boolean {
    if (clock.now().getTime() - at.getTime() <= TOO_OLD_MS) return false
    onAction('expired', 1)
    return true
  }

  return {
    async event(event) {
      if (isSmall(event.severity)) return
      // A file may ask for lines of days ago: they are news to whoever has not been told.
      if (options.npdSource(event) === undefined && isOld(event.lastSeen)) return
      await alone(() => settling.verdict(ledger.event(event, clock.now().getTime())))
    },
    async problem(problem) {
      const { phase, severity, worst, resolved, changed } = problem
      if (isSmall(phase === 'resolved' ? worst : severity)) return
      if (phase === 'resolved' && isOld(resolved ?? changed)) return
      await alone(() => settling.verdict(ledger.problem(problem, clock.now().getTime())))
    },
    async repair(told) {
      if (isSmall(told.event.severity) || isOld(told.event.lastSeen)) return
      await alone(() => settling.verdict(ledger.repair(told, clock.now().getTime())))
    },
    missed(stream, count) {
      gaps.push(missedEvent(stream, count, clock.now()))
    },
    async turn() {
      while (pause.isOver() && (await alone(() => next(options, settling, gaps))));
    },
    get waiting() {
      return ledger.waiting + gaps.length
    },
  }
}
