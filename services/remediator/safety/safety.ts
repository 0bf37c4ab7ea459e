/**
 * What the remediator remembers: its journal, and the state that follows from it. Nothing is done that is not written here first; where
 * it cannot be written or read, nothing is done.
 */
import type { Clock } from '#clock'
import { type Journal, openJournal, putAside } from '#durable'
import type { Remediation, RemediationRecord, ToldRemediation } from '#model'
import type { Logger } from '#service'
import { passesRecord } from '#steps'
import { JournalUnusableError } from '../errors.ts'
import { journalTime, movedTo } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { cutRecord } from './cut.ts'
import { createRing, RING_RECORDS_MAX, type Ring } from './ring.ts'
import { SAFETY_SHAPE } from './shape.ts'

/** Where it is, and of which machine and boot. */
export interface SafetyOptions {
  /** The journal's folder, of this service alone. */
  readonly dir: string
  readonly machineId: string
  readonly bootId: string
  /** Of this program: written when it begins. */
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  /** Each record that was written, after it counts. */
  readonly onRecord: (record: ToldRemediation) => void
  /** Bytes of each of its two files. Default 8 MiB. */
  readonly segmentBytes?: number | undefined
}

/** The journal in use. */
export interface Safety {
  readonly state: SafetyState
  /** Why nothing can be remembered now, in words; undefined: it can. */
  readonly trouble: string | undefined
  /** The last write failed. */
  readonly isFailing: boolean
  readonly ring: Ring
  /** Journal time. */
  nowMs(): number
  /**
   * Resolves when it is on the disk and counts.
   * @throws JournalUnusableError, and what the file system says; nothing counts then
   */
  write(what: Remediation): Promise<ToldRemediation>
  /** The same, unless it may not by the state when all that was asked for before is written: undefined, and nothing is. */
  writeIf(what: Remediation, may: (state: SafetyState) => boolean): Promise<ToldRemediation | undefined>
  /** Something that only an earlier journal can have done is seen: nothing is done until a person puts this one aside. */
  distrust(why: string): void
  /** Takes a journal that cannot be used out of the way and begins another one: what it knew is forgotten, but time goes on. By a person's word alone. */
  renew(by: string): Promise<void>
  close(): Promise<void>
}

/** What came of opening it: the journal, or why it cannot be used. */
interface Opened {
  readonly journal: Journal<RemediationRecord, SafetyState> | undefined
  readonly unusable: string | undefined
}

const UNTIL = 'nothing is repaired until a person says "node-doctor reset journal"'

async function open(
  { dir, machineId, log, segmentBytes }: SafetyOptions,
  ring: Ring,
  empty: SafetyState,
): Promise<Opened> {
  ring.renew('')
  const opening = await openJournal(
    { ...SAFETY_SHAPE, empty },
    {
      dir,
      identity: machineId,
      visit: ring.add,
      visitMax: RING_RECORDS_MAX,
      ...(segmentBytes !== undefined && { segmentBytes }),
    },
  )
  if (opening.kind === 'unusable') {
    log.error('the journal of repairs cannot be used', { why: opening.why, reason: opening.message })
    ring.renew('')
    return { journal: undefined, unusable: `${opening.message}; ${UNTIL}` }
  }
  const { journal, isTorn, uncounted } = opening
  ring.adopt(journal.id)
  if (uncounted > 0) log.error('records of the journal come to nothing and are left out', { dir, uncounted })
  if (isTorn) log.warn('the last record of the journal was half written and was cut off', { dir })
  return { journal, unusable: undefined }
}

/** What is held of a journal in this life. */
interface Held {
  opened: Opened
  /** Why the last write failed. */
  failed: string | undefined
  distrusted: string | undefined
  /** As it is while none is open. */
  before: SafetyState
}

type Moment = Pick<RemediationRecord, 'bootId' | 'monoMs'>
type WriteIf = Safety['writeIf']

function stateOf({ opened, before }: Held): SafetyState {
  return opened.journal?.state ?? before
}

/** Everything else is forgotten; time is not, so that nothing in this process lies ahead of it. */
function onlyTime(held: Held, moment: Moment): SafetyState {
  const { bootId, baseMs, nowMs } = movedTo(stateOf(held), moment)
  return { ...EMPTY_STATE, bootId, baseMs, nowMs }
}

/** @param moment of now */
function writingTo({ clock, log, onRecord }: SafetyOptions, ring: Ring, held: Held, moment: () => Moment): WriteIf {
  return async (what, may) => {
    const { journal, unusable = 'it is being put aside' } = held.opened
    if (journal === undefined) throw new JournalUnusableError(unusable)
    const record: RemediationRecord = { ...moment(), time: clock.now(), what: cutRecord(what) }
    try {
      passesRecord('before', what)
      const sequence = await journal.appendIf(record, may)
      if (sequence === undefined) return undefined
      passesRecord('after', what)
      held.failed = undefined
      const told = ring.add(record, sequence)
      onRecord(told)
      return told
    } catch (err) {
      held.failed = `the journal cannot be written: ${err instanceof Error ? err.message : String(err)}`
      log.error('a record of repairs could not be written; nothing is done meanwhile', { kind: what.kind, err })
      throw err
    }
  }
}

/** Opens it, and writes that this process begins; or says why it cannot be used. Rejects with what the file system says. */
export async function openSafety(options: SafetyOptions): Promise<Safety> {
  const { dir, bootId, version, clock, log } = options
  const ring = createRing('')
  const opened = await open(options, ring, EMPTY_STATE)
  const held: Held = { opened, failed: undefined, distrusted: undefined, before: EMPTY_STATE }
  const moment = () => ({ bootId, monoMs: clock.monotonicMs() })
  const writeIf = writingTo(options, ring, held, moment)
  let renewing: Promise<void> | undefined

  async function write(what: Remediation): Promise<ToldRemediation> {
    const told = await writeIf(what, () => true)
    if (told === undefined) throw new JournalUnusableError('a record was not written')
    return told
  }

  async function renew(by: string): Promise<void> {
    const { journal } = held.opened
    held.before = onlyTime(held, moment())
    held.opened = { journal: undefined, unusable: 'it is being put aside' }
    await journal?.close()
    await putAside(dir)
    held.opened = await open(options, ring, onlyTime(held, moment()))
    held.failed = undefined
    await write({ kind: 'began', version })
    await write({ kind: 'reset', fingerprint: '', by })
    held.distrusted = undefined
  }

  if (opened.journal !== undefined) await write({ kind: 'began', version })
  return {
    ring,
    write,
    writeIf,
    get state() {
      return stateOf(held)
    },
    get trouble() {
      return held.opened.unusable ?? held.distrusted ?? held.failed
    },
    get isFailing() {
      return held.failed !== undefined
    },
    nowMs: () => journalTime(stateOf(held), moment()),
    distrust(why) {
      if (held.distrusted === undefined) log.error('the journal of repairs cannot be trusted', { why })
      held.distrusted = `${why}; ${UNTIL}`
    },
    renew: (by) =>
      (renewing ??= renew(by).finally(() => {
        renewing = undefined
      })),
    close: () => held.opened.journal?.close() ?? Promise.resolve(),
  }
}
