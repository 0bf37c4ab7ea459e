/** One life of following the kernel's log: records into the ledger, and what that says to whoever hears it. */
import type { Clock } from '#clock'
import type { KernelCursor, KernelLogEvent, KernelRecord } from '#host'
import type { Finding, FollowContext, Happening, Tell } from '#monitor-kit'
import { createBackoff } from '#pace'
import type { KernelFact } from '../../kernel/facts.ts'
import type { Moment } from '../../kernel/faults.ts'
import { createLines } from '../../kernel/lines.ts'
import { isBehind, type UpTo } from '../../kernel/state.ts'
import { createWindow } from '../../kernel/window.ts'
import type { GpuShared } from '../../shared.ts'
import type { Config } from './config.ts'
import { happeningOf } from './findings.ts'
import type { Keep } from './keep.ts'
import type { Ledger } from './ledger.ts'
import type { Named } from './named.ts'
import { isGpuAt, type Whereabouts, withPod } from './who.ts'

/** Facility of what the kernel itself says: it gives it to no program that writes into its log. */
const KERNEL = 0
/** Of what was written before anybody looked, events are told of so long; what stands is told whenever it was. */
const HISTORY_MS = 600_000
/** The place in the log is told without anything else after so many records, so that none of them is read again. */
const RECORDS_MAX = 100
/** So long at least from one time that it is kept to the next: a flood does not write all the time. A disk that is full stays so for longer. */
const KEEP_MS = 500
const KEEP_AGAIN_MAX_MS = 60_000
/** The first records of a boot whose log has no numbers. */
const FIRST_US = 1_000_000

/** What a life works with. */
export interface ReaderOptions extends Pick<FollowContext<Config, GpuShared>, 'config' | 'host' | 'clock'> {
  readonly shared: GpuShared
  readonly ledger: Ledger
  readonly keep: Keep
  readonly tell: Tell
  readonly named: Named
  /** Up to where events were told; undefined: none was, of this boot. */
  readonly cursor: KernelCursor | undefined
  /** Nobody has looked at this log, or at another one, before, or it cannot be read yet up to where. */
  readonly isFirst: boolean
}

/** One life. */
export interface Reader {
  take(event: Exclude<KernelLogEvent, { kind: 'unreadable' }>): Promise<void>
  /** Tells what changed. */
  say(findings: readonly Finding[]): Promise<void>
  /** The life has ended. */
  close(): void
}

function isBeginning({ sequence, sinceBootUs }: KernelRecord): boolean {
  return sequence === null ? sinceBootUs < FIRST_US : sequence === 0
}

/** What is told of a fact once, with what it is known by at its source. */
interface Said {
  readonly events: Happening[]
  /** Something of the state is another than what is kept. */
  isDirty: boolean
}

/** Of a log that was read before events are told behind the cursor, of one that nobody has read those of the last minutes. */
function createEventful({ cursor, isFirst, clock }: Pick<ReaderOptions, 'cursor' | 'isFirst' | 'clock'>) {
  const upTo = cursor && { us: cursor.sinceBootUs, sequence: cursor.sequence }
  return (at: UpTo, { bootMs }: Moment): boolean => {
    if (upTo !== undefined) return isBehind(at, upTo)
    return !isFirst || clock.monotonicMs() - bootMs <= HISTORY_MS
  }
}

/** A record as it is heard. */
interface Heard {
  readonly record: KernelRecord
  /** It is said now; else it stood there. */
  readonly isLive: boolean
}

/**
 * When it was said. The kernel's clock stands while the machine sleeps, as the one that nobody sets does; but nobody holds it to the right
 * second either, so that in a month they are minutes apart: what is heard as it is said was said now.
 */
function momentOf({ record, isLive }: Heard, clock: Clock): Moment {
  const nowMs = clock.monotonicMs()
  const saidMs = record.sinceBootUs / 1000
  const ms = Math.floor(clock.now().getTime() - nowMs + saidMs)
  return { ms, us: record.sinceBootUs, bootMs: isLive ? nowMs : Math.min(saidMs, nowMs) }
}

/** Takes records, and says what is told of each once. */
function createTaking(options: ReaderOptions) {
  const { ledger, host, shared, config, clock } = options
  /** What is behind it is new, each record of it: where they have no numbers two may be of one microsecond. */
  const { upTo } = ledger.state
  const isEventful = createEventful(options)
  const window = createWindow()
  const pods = new Map<string, Promise<Whereabouts>>()
  const lines = createLines()
  const gpus = new Map<string, boolean>()

  async function takeFact(plain: KernelFact, { record, isLive }: Heard, said: Said): Promise<void> {
    const fact = await withPod({ host, shared }, plain, pods)
    const isGpu = fact.kind === 'aer-fatal' && (await isGpuAt(host, fact.place, gpus))
    const at = { us: record.sinceBootUs, sequence: record.sequence }
    const now = momentOf({ record, isLive }, clock)
    const isNew = isBehind(at, upTo)
    const told = isNew ? ledger.take(fact, now, isGpu) : ledger.again(fact, now, isGpu)
    if (isNew) said.isDirty = true
    if (!isEventful(at, now)) return
    const key = `${record.cursor.bootId} ${record.sequence ?? `${record.sinceBootUs}us`}`
    said.events.push(...told.map((one) => happeningOf(one, shared.cards, { at: new Date(now.ms), key })))
  }

  return {
    get isOpen() {
      return window.isOpen
    },
    /** @param isLive they are said now; else they stood there */
    async take(records: readonly KernelRecord[], isLive: boolean, said: Said): Promise<void> {
      pods.clear()
      gpus.clear()
      for (const record of records) {
        const at = { us: record.sinceBootUs, sequence: record.sequence }
        const isNew = isBehind(at, upTo)
        if (isNew && ledger.state.upTo.us < 0 && isBeginning(record)) ledger.state.isWhole = true
        const text = record.bytes.toString('utf8')
        const isHeard = lines.hears(text, record.mayBePart === true)
        if (isHeard && (record.facility === KERNEL || config.acceptUserRecords)) {
          const facts = window.push(text, record.sinceBootUs / 1000)
          for (const fact of facts) await takeFact(fact, { record, isLive }, said)
        }
        if (isNew) ledger.state.upTo = at
      }
    },
  }
}

/** How far the log was read is kept once what that led to is, and never within what several lines say. */
function createPlaces({ ledger, keep, tell, clock }: Pick<ReaderOptions, 'ledger' | 'keep' | 'tell' | 'clock'>) {
  const backoff = createBackoff({ minMs: KEEP_MS, maxMs: KEEP_AGAIN_MAX_MS, steady: 1 })
  let isBusy = false
  let keptMs = Number.NEGATIVE_INFINITY
  let waitMs: number = KEEP_MS

  async function keepNow({ cursor, isDirty }: PlaceToKeep): Promise<boolean> {
    if (isDirty && !(await keep.write(ledger.state))) return false
    await tell({ findings: [] }, { cursor })
    return true
  }

  return {
    /** It may be kept now. */
    get isDue() {
      return !isBusy && clock.monotonicMs() - keptMs >= waitMs
    },
    /**
     * Nobody waits for it: a disk that does not answer keeps nothing from being told.
     * @param done whether it stands there, and when the next time is
     */
    keep(what: PlaceToKeep, done: (isKept: boolean, nextMs: number) => void): void {
      isBusy = true
      keptMs = clock.monotonicMs()
      // Where the life has ended, its follower knows.
      const kept = keepNow(what).catch(() => false)
      void kept.then((isKept) => {
        isBusy = false
        if (isKept) backoff.reset()
        waitMs = isKept ? KEEP_MS : backoff.next()
        done(isKept, waitMs)
      })
    },
  }
}

interface PlaceToKeep {
  readonly cursor: KernelCursor
  /** The state is another than what stands in its file. */
  readonly isDirty: boolean
}

export function createReader(options: ReaderOptions): Reader {
  const { ledger, tell, named } = options
  const taking = createTaking(options)
  const places = createPlaces(options)
  let passed = 0
  let cursor: KernelCursor | undefined
  let isDirty = false
  let isCaughtUp = false
  let isClosed = false
  let callOff: () => void = () => undefined

  function keepPlace(): void {
    if (isClosed) return
    if (cursor === undefined || taking.isOpen || !places.isDue || !(isDirty || passed >= RECORDS_MAX)) return
    const wasDirty = isDirty
    isDirty = false
    passed = 0
    places.keep({ cursor, isDirty: wasDirty }, (isKept, nextMs) => {
      if (!isKept) isDirty ||= wasDirty
      // What comes meanwhile is kept then, however soon the log is quiet again.
      if (!isClosed) callOff = options.clock.after(nextMs, keepPlace)
    })
  }

  async function flush({ events, isDirty: isMore }: Said): Promise<void> {
    if (isMore) isDirty = true
    if (!isMore && events.length === 0) return
    // What stands is told once what stood there was read: a fault may be over by a later line.
    const { changed, withdrawn } = isCaughtUp ? named.changes(ledger.findings()) : NOTHING
    if (changed.length + withdrawn.length + events.length > 0) await tell({ findings: changed, withdrawn, events })
  }

  return {
    async take(event) {
      const said: Said = { events: [], isDirty: false }
      if (event.kind === 'records') {
        passed += event.records.length
        await taking.take(event.records, isCaughtUp, said)
        cursor = event.records.at(-1)?.cursor ?? cursor
        await flush(said)
      } else if (event.kind === 'lost') {
        ledger.lost()
        await flush({ events: [lostEvent(event.count, ledger)], isDirty: true })
      } else {
        cursor = event.cursor ?? cursor
        const isFirst = !isCaughtUp
        isCaughtUp = true
        if (isFirst) ledger.caughtUp(true)
        if (isFirst) await flush({ events: [], isDirty: true })
      }
      if (isCaughtUp) keepPlace()
    },
    async say(findings) {
      const { changed, withdrawn } = named.changes(findings)
      if (changed.length + withdrawn.length > 0) await tell({ findings: changed, withdrawn })
    },
    close() {
      isClosed = true
      ledger.caughtUp(false)
      callOff()
    },
  }
}

const NOTHING = { changed: [], withdrawn: [] } as const

/** Records were gone before they were read. @param count undefined: nobody knows how many */
function lostEvent(count: number | undefined, { state }: Ledger): Happening {
  const lines = count === undefined ? 'an unknown number of lines' : count === 1 ? '1 line' : `${count} lines`
  return {
    reason: 'GPULogLinesLost',
    severity: 'warning',
    message: `${lines} of the kernel’s log were gone before they were read: an XID among them is not known`,
    key: `${state.boot} ${state.upTo.sequence ?? state.upTo.us} GPULogLinesLost`,
  }
}
