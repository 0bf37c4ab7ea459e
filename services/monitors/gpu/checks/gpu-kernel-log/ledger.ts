/** What is known of GPUs by the kernel's log: over the lives of a follower, and what each source of proof ends of it. */
import type { ConditionKey } from '#model'
import type { CheckContext, ClearedWord, Finding } from '#monitor-kit'
import type { Card } from '../../cards/card.ts'
import type { KernelFact } from '../../kernel/facts.ts'
import { identify, type Moment, standing } from '../../kernel/faults.ts'
import { takeFact } from '../../kernel/judge.ts'
import type { Told } from '../../kernel/outcome.ts'
import { type Over, quiet, rebooted, replaced, type Shown, shown, unstuck } from '../../kernel/proofs.ts'
import type { Rulings } from '../../kernel/rulings.ts'
import { emptyState, type Fault, KEPT_MAX, type LogState, loseTrack, type Stuck } from '../../kernel/state.ts'
import type { GpuShared } from '../../shared.ts'
import type { GpuRow } from '../../smi/rows.ts'
import { DEADLINE_MS } from '../../smi/smi.ts'
import { isLost } from '../gpu-health-check/judge/missing-lost.ts'
import { createElsewhere, type Elsewhere } from './elsewhere.ts'
import { findingsOf, silencedOf, unreadableOf, type View } from './findings.ts'
import type { Recalled } from './keep.ts'
import { createPresence, type Presence } from './presence.ts'
import { createSettling, type Settling } from './settling.ts'
import { stuckAmong } from './who.ts'

/** What says itself again as long as it is so is over when it has not for so long. */
const QUIET_MS = 600_000

/** How this check calls itself where it asks what others find. */
const CALLER = 'gpu-kernel-log'

/** What a ledger works with. */
export interface LedgerOptions extends Pick<CheckContext<unknown>, 'clock' | 'host'> {
  readonly shared: Pick<GpuShared, 'cards' | 'resets' | 'query' | 'inventory' | 'seesProcesses' | 'ill'>
  readonly rulings: Rulings
  /** Something was proven by another source: it is to be told. @param isOver and kept, since something is over by it */
  readonly onProven: (isOver: boolean) => void
}

/** What is known beside the log's words. */
export interface KnownNow {
  /** Why the log cannot be read; undefined: it can. */
  readonly unreadable?: { readonly reason: string; readonly message: string } | undefined
  /** Whoever may tell UUIDs has had the time to: a GPU without one is called by its place. Default false. */
  readonly isSettled?: boolean
}

/** Whether lines were told again of a fault, since when by the monotonic clock. */
interface Quiet {
  readonly count: number
  readonly sinceMs: number
}

export interface Ledger {
  readonly state: LogState
  /** What was kept could not be read: what does not stand by what is known may stand by that. */
  readonly isBlind: boolean
  /**
   * A reader begins: with what was kept, or as it was.
   * @param kept undefined: it cannot be read yet
   * @param boot that it is now
   * @param mayBeRead while it cannot, whether it may be
   */
  begin(kept: Recalled | undefined, boot: string, mayBeRead?: () => boolean): Promise<void>
  /** What stands in the log was read; or its reader has ended, and what comes meanwhile is read by the next one. */
  caughtUp(isSo: boolean): void
  /** A fact that is not in the state yet. */
  take(fact: KernelFact, now: Moment, isGpu: boolean): readonly Told[]
  /** A fact that is: what is told of it once more is the same. */
  again(fact: KernelFact, now: Moment, isGpu: boolean): readonly Told[]
  /** Something of the log is gone unread. */
  lost(): void
  /**
   * Looks for what is over without a line that says so.
   * @param isHeard whether the log can be read: else nobody knows what is not told again
   * @returns whether anything is
   */
  look(isHeard: boolean): Promise<boolean>
  clear(word: ClearedWord): boolean
  /** Conditions of what stands and is not told, since the configuration says so. */
  silenced(): readonly ConditionKey[]
  /** All that is known now. */
  findings(now?: KnownNow): readonly Finding[]
}

/** Whether a fault was not told again for long enough, by the clock that nobody sets. */
function createQuietness({ clock }: Pick<LedgerOptions, 'clock'>) {
  let known = new WeakMap<Fault, Quiet>()
  return {
    forget(): void {
      known = new WeakMap()
    },
    isQuiet(fault: Fault): boolean {
      const nowMs = clock.monotonicMs()
      const before = known.get(fault)
      if (before?.count === fault.count) return nowMs - before.sinceMs >= QUIET_MS
      known.set(fault, { count: fault.count, sinceMs: nowMs })
      return false
    },
  }
}

/** The state, and what was told and is in it, judged anew beside it: by what came since. */
interface Held {
  state: LogState
  beside: LogState
  isBlind: () => boolean
  /** What stood while what was kept could not be read, until the log was read once more with that. */
  blind: readonly Fault[]
  /** On the kernel's clock: where the log has a gap in that. */
  lostUs: number
}

/** Hands on what the kernel says that others want to know; what those prove by it is known here. */
function createPassing({ cards, resets }: LedgerOptions['shared']) {
  let isOwn = false
  return {
    get isOwn() {
      return isOwn
    },
    on(fact: KernelFact, { bootMs }: Moment): void {
      isOwn = true
      try {
        if (fact.kind === 'uuid') cards.learn(fact.place, { uuid: fact.uuid })
        if (fact.kind === 'driver-loaded') resets.driverLoaded(bootMs)
        if (fact.kind === 'xid' && fact.recovery !== undefined) resets.said(fact.place, fact.recovery, bootMs)
      } finally {
        isOwn = false
      }
    },
  }
}

/** What a probe since then read of the GPU at a place. */
function rowSince({ query }: Pick<GpuShared, 'query'>, place: string, sinceMs: number): GpuRow | undefined {
  const { last } = query
  // What a probe reads may be of when it began.
  if (last?.query.kind !== 'rows' || last.atMs <= sinceMs + DEADLINE_MS) return undefined
  return last.query.answer.rows.find((one) => one.place === place)
}

/** Whether that is all that it asks: a lost one says nothing, or that it is lost. */
function isShown(shared: Pick<GpuShared, 'query'>, place: string, sinceMs: number): boolean {
  const row = rowSince(shared, place, sinceMs)
  return row?.uuid !== undefined && ![...row.values.values()].some(({ kind }) => kind === 'failed')
}

/** Whether the driver has it: a value that cannot be read is another matter. */
function isTaken(shared: Pick<GpuShared, 'query'>, place: string, sinceMs: number): boolean {
  const row = rowSince(shared, place, sinceMs)
  return row?.uuid !== undefined && !isLost(row)
}

/** What probes have read. All are those that the node has now, but for those that a person lets be. */
async function shownBy(shared: LedgerOptions['shared'], here: readonly Card[]): Promise<Shown> {
  const { excused = [] } = await shared.inventory.read()
  const meant = here.filter(({ place }) => !excused.includes(place))
  return {
    isShown: (place, sinceMs) => isShown(shared, place, sinceMs),
    isAllShown: (sinceMs) => here.length > 0 && meant.every(({ place }) => isTaken(shared, place, sinceMs)),
  }
}

/** What is over by what can be seen now; of a process that was told of meanwhile it was not looked. */
async function endedNow(held: Held, here: readonly Card[], { host, shared }: LedgerOptions): Promise<readonly Over[]> {
  const processes = held.state.faults.flatMap(({ stuck = [] }) => stuck)
  const stuck = await stuckAmong(host, processes, shared.seesProcesses)
  const isStuck = (one: Stuck) => !processes.includes(one) || stuck.has(one)
  const over = [...unstuck(held.state, isStuck), ...replaced(held.state, here)]
  return [...over, ...shown(held.state, await shownBy(shared, here))]
}

/** Goes on with what was kept, or begins. @returns what the boot ended, if it is another one */
function beginWith(held: Held, kept: LogState | undefined, boot: string): readonly Over[] {
  held.blind = kept !== undefined && held.state.boot === boot ? held.state.faults : []
  held.lostUs = Number.POSITIVE_INFINITY
  held.state = kept ?? (held.state.boot === '' ? emptyState(boot) : held.state)
  held.beside = emptyState(boot)
  return held.state.boot === boot ? [] : rebooted(held.state, boot)
}

/** What was heard before what was kept could be read, and is gone from the log since, stands. */
function adoptBlind({ state, blind, lostUs }: Held): void {
  const unread = blind.filter((fault) => fault.lastUs > lostUs && standing(state, fault) === undefined)
  state.faults.push(...unread.slice(0, Math.max(0, KEPT_MAX.faults - state.faults.length)))
}

function identifyCards(state: LogState, cards: GpuShared['cards']): void {
  for (const { place, uuid } of cards.all()) if (uuid !== undefined) identify(state, place, uuid)
}

/** Whoever was told of a GPU by its UUID hears no more of it by its place. */
function learnKept({ uuids }: LogState, cards: GpuShared['cards']): void {
  for (const [place, uuid] of Object.entries(uuids))
    if (cards.at(place).uuid === undefined) cards.learn(place, { uuid })
}

/** What was kept may say otherwise. */
function unproven(finding: Finding): Finding {
  if (finding.health !== 'healthy') return finding
  const message = 'what an earlier process kept of the kernel’s words on GPUs cannot be read yet'
  return { ...finding, reason: 'KeptNotRead', message, pending: true }
}

function allOf({ state, isBlind }: Held, view: View, unreadable: KnownNow['unreadable']): readonly Finding[] {
  const found = unreadable === undefined ? findingsOf(state, view) : unreadableOf(state, view, unreadable)
  return isBlind() ? found.map(unproven) : found
}

/** Others hear what was kept of what they want to know. */
function tellKept({ state }: Held, { cards, resets }: LedgerOptions['shared']): void {
  learnKept(state, cards)
  if (state.driverLoadedMs !== undefined) resets.wasLoaded(state.driverLoadedMs)
}

/** Who hears of a fact beside the state. */
interface Hearers {
  readonly passing: ReturnType<typeof createPassing>
  readonly elsewhere: Elsewhere
  readonly note: (over: readonly Over[]) => void
}

/** Takes facts: into the state, or beside it where they are in it already. */
function createTaking(
  held: Held,
  { shared, rulings }: LedgerOptions,
  { passing, elsewhere, note }: Hearers,
): Pick<Ledger, 'take' | 'again'> {
  return {
    take(fact, now, isGpu) {
      note(elsewhere.before(now))
      passing.on(fact, now)
      const { told, over } = takeFact(held.state, fact, now, { rulings, isGpu: () => isGpu })
      identifyCards(held.state, shared.cards)
      note(over)
      return told
    },
    again(fact, now, isGpu) {
      passing.on(fact, now)
      return takeFact(held.beside, fact, now, { rulings, isGpu: () => isGpu }).told
    },
  }
}

/** @returns what says all that is known now, and tells the other checks of it */
function createFindings(
  held: Held,
  { shared, rulings }: LedgerOptions,
  { presence, settling }: { readonly presence: Presence; readonly settling: Settling },
): Ledger['findings'] {
  const { cards, ill } = shared
  return ({ unreadable, isSettled = false } = {}) => {
    const { settled } = settling
    const view = {
      cards: { at: cards.at, all: presence.here },
      rulings,
      settled,
      isSettled,
      others: ill.others(CALLER),
    }
    const found = allOf(held, view, unreadable)
    ill.note(CALLER, found)
    return found
  }
}

export function createLedger(options: LedgerOptions): Ledger {
  const { host, shared, rulings, onProven } = options
  const { cards } = shared
  const presence = createPresence(host, cards)
  const settling = createSettling(shared, presence)
  const { note } = settling
  const quietness = createQuietness(options)
  const held: Held = { state: emptyState(''), beside: emptyState(''), isBlind: () => false, blind: [], lostUs: 0 }
  const elsewhere = createElsewhere(options, () => held.state)
  const passing = createPassing(shared)

  elsewhere.hear(
    (over) => onProven(note(over)),
    () => passing.isOwn,
  )

  return {
    get state() {
      return held.state
    },
    get isBlind() {
      return held.isBlind()
    },
    async begin(kept, boot, mayBeRead = () => true) {
      held.isBlind = () => kept === undefined && mayBeRead()
      note(beginWith(held, kept?.state, boot))
      tellKept(held, shared)
      note(elsewhere.begin(kept?.state !== undefined, kept !== undefined))
      quietness.forget()
      await presence.look()
    },
    caughtUp(isSo) {
      note(elsewhere.caughtUp(isSo))
      if (isSo) adoptBlind(held)
      held.blind = []
    },
    ...createTaking(held, options, { passing, elsewhere, note }),
    lost() {
      held.lostUs = Math.min(held.lostUs, held.state.upTo.us)
      loseTrack(held.state)
      quietness.forget()
    },
    async look(isHeard) {
      const before = JSON.stringify(held.state.faults)
      identifyCards(held.state, cards)
      await presence.look()
      note(await endedNow(held, presence.here(), options))
      if (isHeard) note(quiet(held.state, quietness.isQuiet))
      else quietness.forget()
      return before !== JSON.stringify(held.state.faults)
    },
    clear: (word) => note(elsewhere.clear(word)),
    silenced: () => silencedOf(held.state, { cards, rulings }),
    findings: createFindings(held, options, { presence, settling }),
  }
}
