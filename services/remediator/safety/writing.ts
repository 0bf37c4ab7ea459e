/** How records come to stand in the journal: at once, or where it has no room, behind what freed some. */
import type { Clock } from '#clock'
import { isOutOfRoom, type Journal, openJournal } from '#durable'
import { lockOpenFile } from '#host'
import type { Remediation, RemediationRecord, ToldRemediation } from '#model'
import type { Logger } from '#service'
import { passesRecord } from '#steps'
import { JournalUnusableError, NotWorkingError } from '../errors.ts'
import { movedTo } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { RING_RECORDS_MAX, type Ring } from './ring.ts'
import { SAFETY_SHAPE } from './shape.ts'
import type { Unwritten } from './unwritten.ts'

/** Where it is, and of which machine and boot. */
export interface SafetyOptions {
  /** The journal's folder, of this service alone. */
  readonly dir: string
  readonly machineId: string
  /** How the same machine was called in a journal before it had that id. Default: never otherwise. */
  readonly formerly?: readonly string[]
  readonly bootId: string
  /** Of this program: written when it begins. */
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  /** Each record that was written, after it counts. */
  readonly onRecord: (record: ToldRemediation) => void
  /** The file, on another disk, of what the journal has no room for. Default: there is none, and nothing is done then. */
  readonly unwrittenPath?: string | undefined
  /** Whether this is the one that acts on the node, asked before each beginning. Default: it is. */
  readonly isTheOne?: (() => Promise<boolean>) | undefined
  /** Bytes of each of its two files. Default 8 MiB. */
  readonly segmentBytes?: number | undefined
}

type JournalOfRepairs = Journal<RemediationRecord, SafetyState>

/** What came of opening it: the journal, or why it cannot be used. */
interface Opened {
  readonly journal: JournalOfRepairs | undefined
  readonly unusable: string | undefined
  /** There never was one, and there is no room for it. */
  readonly isShort: boolean
}

export const UNTIL = 'nothing is repaired until a person says "node-doctor reset journal"'

/** @throws NotWorkingError where another process has it, and what the file system says */
export async function openFor(
  { dir, machineId, formerly, log, segmentBytes }: SafetyOptions,
  ring: Ring,
  empty: SafetyState,
): Promise<Opened> {
  ring.renew('')
  const opening = await openJournal(
    { ...SAFETY_SHAPE, empty },
    {
      dir,
      identity: machineId,
      ...(formerly !== undefined && { formerly }),
      claim: lockOpenFile,
      visit: ring.add,
      visitMax: RING_RECORDS_MAX,
      ...(segmentBytes !== undefined && { segmentBytes }),
    },
  )
  if (opening.kind === 'unusable') {
    const { why, message } = opening
    // It is well, and another one's: no person's word makes it this one's.
    if (why === 'taken') throw new NotWorkingError(message)
    log.error('the journal of repairs cannot be used', { why, reason: message })
    ring.renew('')
    const isShort = why === 'no-room'
    return { journal: undefined, unusable: isShort ? message : `${message}; ${UNTIL}`, isShort }
  }
  const { journal, isTorn, uncounted } = opening
  ring.adopt(journal.id)
  if (uncounted > 0)
    log.error('records of the journal come to nothing, or are of a later version, and are left out', { dir, uncounted })
  if (isTorn) log.warn('the last record of the journal was half written and was cut off', { dir })
  return { journal, unusable: undefined, isShort: false }
}

/** What is held of a journal in this life. */
export interface Held {
  opened: Opened
  /** Why the last write failed. */
  failed: string | undefined
  /** For want of room. */
  isShort: boolean
  distrusted: string | undefined
  /** As it is while none is open. */
  before: SafetyState
  readonly ring: Ring
  readonly unwritten: Unwritten
}

type Moment = Pick<RemediationRecord, 'bootId' | 'monoMs'>
type WriteIf = (what: Remediation, may: (state: SafetyState) => boolean) => Promise<ToldRemediation | undefined>

const { fold } = SAFETY_SHAPE

/** The state with what is to be written yet. */
export function createStateOf({
  unwritten,
}: Pick<Held, 'unwritten'>): (held: Pick<Held, 'opened' | 'before'>) => SafetyState {
  let last: { readonly of: SafetyState; readonly and: Unwritten['records']; readonly is: SafetyState } | undefined
  return ({ opened, before }) => {
    const of = opened.journal?.state ?? before
    const and = unwritten.records
    if (and.length === 0) return of
    if (last?.of !== of || last.and !== and) last = { of, and, is: and.reduce(fold, of) }
    return last.is
  }
}

/**
 * Everything else is forgotten; time is not, so that nothing in this process lies ahead of it, nor whose the node is and what
 * people wrote there: a journal is put aside for what was done, and an "off" or a leave that was taken is no such thing.
 */
export function onlyTime(state: SafetyState, moment: Moment): SafetyState {
  const { bootId, baseMs, nowMs, nodeUid, remediation, holds, annotated } = movedTo(state, moment)
  return { ...EMPTY_STATE, bootId, baseMs, nowMs, nodeUid, remediation, holds, annotated }
}

/** @throws NotWorkingError where something would begin beside another process that acts on the node */
export async function mayBegin({ isTheOne }: Pick<SafetyOptions, 'isTheOne'>, what: Remediation): Promise<void> {
  if (what.kind !== 'started' || (await isTheOne?.()) !== false) return
  throw new NotWorkingError('its lock was taken away: another process may act on this node')
}

/** Writes one record that is as it is to stand there. */
function createAppend({ log, onRecord }: SafetyOptions, held: Held) {
  return async (journal: JournalOfRepairs, record: RemediationRecord, may: (state: SafetyState) => boolean) => {
    const { what } = record
    try {
      passesRecord('before', what)
      const sequence = await journal.appendIf(record, may)
      if (sequence === undefined) return undefined
      passesRecord('after', what)
      held.failed = undefined
      held.isShort = false
      const told = held.ring.add(record, sequence)
      onRecord(told)
      return told
    } catch (err) {
      held.isShort = isOutOfRoom(err)
      held.failed = `the journal cannot be written: ${err instanceof Error ? err.message : String(err)}`
      log.error('a record of repairs could not be written; nothing is done meanwhile', { kind: what.kind, err })
      throw err
    }
  }
}

/** Whether it may be written behind: it announces nothing, or is of what was begun so. */
function mayWait(what: Remediation, { records }: Unwritten): boolean {
  if (what.kind === 'step')
    return records.some((each) => each.what.kind === 'started' && each.what.attempt === what.attempt)
  return what.kind === 'began' || what.kind === 'ended' || what.kind === 'verified'
}

/** Writes behind what has waited. @param recordOf as of now */
export function createWriting(options: SafetyOptions, held: Held, recordOf: (what: Remediation) => RemediationRecord) {
  const append = createAppend(options, held)
  const { ring, unwritten } = held
  let readying: Promise<void> | undefined

  /** Begins what had no room before, and writes what waits, in its order. */
  async function makeReady(): Promise<void> {
    if (held.opened.isShort) {
      held.opened = await openFor(options, ring, held.before)
      held.isShort = held.opened.isShort
    }
    const { journal } = held.opened
    if (journal === undefined) return
    for (let [first] = unwritten.records; first !== undefined; [first] = unwritten.records) {
      await append(journal, first, () => true)
      await unwritten.shift()
    }
  }

  function madeReady(): Promise<void> {
    readying ??= makeReady().finally(() => {
      readying = undefined
    })
    return readying
  }

  async function ready(): Promise<JournalOfRepairs> {
    if (held.opened.isShort || unwritten.records.length > 0) await madeReady()
    const { journal, unusable = 'it is being put aside' } = held.opened
    if (journal === undefined) throw new JournalUnusableError(unusable)
    return journal
  }

  const writeIf: WriteIf = async (what, may) => {
    await mayBegin(options, what)
    return append(await ready(), recordOf(what), may)
  }
  return {
    writeIf,
    async write(what: Remediation): Promise<ToldRemediation | undefined> {
      try {
        return await writeIf(what, () => true)
      } catch (err) {
        if (!held.isShort || unwritten.trouble !== undefined || !mayWait(what, unwritten)) throw err
        await unwritten.keep(recordOf(what))
        return undefined
      }
    },
  }
}
