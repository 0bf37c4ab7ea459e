/** Brings facts to the API server as events. A message is taken when the server has accepted what it says. */
import { type KubeClient, type KubeEvent, KubeStatusError } from '#kube'
import { compareSeverity, type NodeEvent, type Problem, type Severity } from '#model'
import type { Clock, Logger } from '#service'
import { NodeUnknownError } from '../errors.ts'
import type { Gate } from '../pace/gate.ts'
import type { Limiter } from '../pace/limiter.ts'
import type { Journal } from './journal.ts'
import type { Ledger, Line, Verdict } from './ledger.ts'
import { MISSED } from './reasons.ts'
import { EVENT_NAMESPACE, type NodeReference, renderEventObject, type Told } from './render.ts'

/** Facts older than this are history, which the API server keeps for an hour. The bus keeps events as long. */
const TOO_OLD_MS = 24 * 3_600_000

export type EventAction = 'created' | 'counted' | 'held_back' | 'failed' | 'expired'

export interface SenderOptions {
  readonly client: KubeClient
  readonly nodeName: string
  /** What the server knows the node as; undefined while that is not known. */
  readonly node: () => NodeReference | undefined
  readonly gate: Gate
  readonly limiter: Limiter
  readonly ledger: Ledger
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
  readonly minSeverity: Severity
  readonly onAction: (action: EventAction, count: number) => void
  readonly signal: AbortSignal
}

/** Every method rejects when the server did not take it; the same fact is then to be given again. */
export interface EventSender {
  event(event: NodeEvent): Promise<void>
  problem(problem: Problem): Promise<void>
  /** Facts were lost on the way; told with the next turn. */
  missed(stream: string, count: number): void
  /** Sends counts and sums that waited long enough. */
  turn(): Promise<void>
  readonly waiting: number
}

export function createEventSender(options: SenderOptions): EventSender {
  const { client, gate, limiter, ledger, journal, clock, log, signal, onAction } = options
  const gaps: NodeEvent[] = []
  let last: Promise<void> = Promise.resolve()

  async function commit(lines: readonly Line[]): Promise<void> {
    ledger.apply(lines)
    await journal.keep(lines)
  }

  /** @throws unless the server has done it, or never will */
  async function ask(work: () => Promise<void>, told: Told): Promise<'done' | 'refused'> {
    await limiter.wait(false, signal)
    try {
      await work()
      gate.worked()
      return 'done'
    } catch (err) {
      if (signal.aborted) throw err
      const failure = gate.failed(err)
      if (failure?.kind !== 'refused') throw err
      // To try again is of no use, and it must not hold up the others.
      gate.worked()
      log.error('event was refused by the API server and is not sent', {
        reason: told.reason,
        source: told.source,
        err,
      })
      onAction('failed', 1)
      return 'refused'
    }
  }

  async function create(told: Told): Promise<'done' | 'refused'> {
    return ask(async () => {
      try {
        await client.createEvent(objectOf(told), { signal })
        onAction('created', 1)
      } catch (err) {
        // Accepted before, and not acknowledged: it is there under this very name.
        if (!isRefusal(err, 'AlreadyExists')) throw err
        if (told.count > 1) await patchCount(told)
      }
    }, told)
  }

  async function count(told: Told): Promise<'done' | 'refused'> {
    return ask(async () => {
      try {
        await patchCount(told)
      } catch (err) {
        // The server has forgotten it (after an hour): it is told anew, with all that it stands for.
        if (!isRefusal(err, 'NotFound')) throw err
        await client.createEvent(objectOf(told), { signal })
      }
      onAction('counted', 1)
    }, told)
  }

  function objectOf(told: Told): KubeEvent {
    const node = options.node()
    if (node === undefined) throw new NodeUnknownError(options.nodeName)
    return renderEventObject(told, node)
  }

  async function patchCount(told: Told): Promise<void> {
    const { message, count: times, lastTimestamp } = objectOf(told)
    await client.patchEvent(EVENT_NAMESPACE, told.name, { count: times, lastTimestamp, message }, { signal })
  }

  /** One after the other: a count that is on its way must not be overtaken by one that knows less. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }

  async function settle(verdict: Verdict): Promise<void> {
    if (verdict.kind === 'known') return
    if (verdict.kind === 'create') await create(verdict.told)
    if (verdict.kind === 'count') await count(verdict.told)
    if (verdict.kind === 'held') onAction('held_back', 1)
    await commit(verdict.lines)
  }

  /** @returns whether there was something to send */
  async function next(): Promise<boolean> {
    const nowMs = clock.now().getTime()
    const [gap] = gaps
    if (gap !== undefined) {
      await settle(ledger.event(gap, nowMs))
      gaps.shift()
      return true
    }
    const [counted] = ledger.dueCounts(nowMs)
    const [held] = counted === undefined ? ledger.dueHeld(nowMs) : []
    if (counted !== undefined) await count(counted.told)
    if (held !== undefined) await create(held.told)
    await commit((counted ?? held)?.lines ?? [])
    return (counted ?? held) !== undefined
  }

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
      if (isSmall(event.severity) || isOld(event.lastSeen)) return
      await alone(() => settle(ledger.event(event, clock.now().getTime())))
    },
    async problem(problem) {
      const { phase, severity, worst, resolved, changed } = problem
      if (isSmall(phase === 'resolved' ? worst : severity)) return
      if (phase === 'resolved' && isOld(resolved ?? changed)) return
      await alone(() => settle(ledger.problem(problem)))
    },
    missed(stream, count) {
      const now = clock.now()
      const message = `${count} facts left the bus (${stream}) before they could be sent`
      gaps.push({
        id: `missed ${stream} ${now.getTime()}`,
        monitor: 'k8s-exporter',
        check: '',
        entity: '',
        severity: 'warning',
        reason: MISSED,
        message,
        firstSeen: now,
        lastSeen: now,
        count: 1,
      })
    },
    async turn() {
      while (gate.isOpen() && (await alone(next)));
    },
    get waiting() {
      return ledger.waiting + gaps.length
    },
  }
}

function isRefusal(err: unknown, reason: string): boolean {
  return err instanceof KubeStatusError && err.refusal.reason === reason
}
