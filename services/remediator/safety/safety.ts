/**
 * What the remediator remembers: its journal, and the state that follows from it. Nothing is done that is not written here first; where
 * it cannot be written or read, nothing is done. Where it has no room, what frees its disk is written behind (unwritten.ts).
 */
import { putAside } from '#durable'
import type { Remediation, RemediationRecord, ToldRemediation } from '#model'
import { type BootMoment, journalTime } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { cutRecord } from './cut.ts'
import { createRing, type Ring } from './ring.ts'
import { SAFETY_SHAPE } from './shape.ts'
import { openUnwritten } from './unwritten.ts'
import {
  createStateOf,
  createWriting,
  type Held,
  mayBegin,
  onlyTime,
  openFor,
  type SafetyOptions,
  UNTIL,
} from './writing.ts'

export type { SafetyOptions } from './writing.ts'

/** The journal in use. */
export interface Safety {
  readonly state: SafetyState
  /** Why nothing can be remembered now, in words; undefined: it can. */
  readonly trouble: string | undefined
  /** The last write failed. */
  readonly isFailing: boolean
  /** That is all that is wrong: its disk, or this user's share of it, has no room. Only what frees that disk may be done. */
  readonly isFull: boolean
  readonly ring: Ring
  /** Journal time. */
  nowMs(): number
  /**
   * Resolves when it is on the disk and counts. Where there is no room, what announces nothing counts too, and is written behind: undefined.
   * @throws JournalUnusableError, and what the file system says; nothing counts then
   */
  write(what: Remediation): Promise<ToldRemediation | undefined>
  /** The same, unless it may not by the state when all that was asked for before is written: undefined, and nothing is. */
  writeIf(what: Remediation, may: (state: SafetyState) => boolean): Promise<ToldRemediation | undefined>
  /**
   * The same of what there is no room for: resolves when it counts and outlives this process, whether it may be by then or not. It is written
   * as soon as there is room.
   * @throws what the file system says of the run folder
   */
  writeBehind(what: Remediation, may: (state: SafetyState) => boolean): Promise<boolean>
  /** How an attempt began; undefined: too long ago. */
  startOf(attempt: string): ReturnType<Ring['startOf']>
  /** Something that only an earlier journal can have done is seen: nothing is done until a person puts this one aside. */
  distrust(why: string): void
  /** Takes a journal that cannot be used out of the way and begins another one: what it knew is forgotten, but time goes on. By a person's word alone. */
  renew(by: string): Promise<void>
  close(): Promise<void>
}

function bytesOf({ time, bootId, monoMs, what }: RemediationRecord): Buffer {
  return Buffer.from(SAFETY_SHAPE.encode({ time, bootId, monoMs, what }))
}

function isRecord(ring: Ring, record: RemediationRecord): boolean {
  const { bootId, monoMs, what } = record
  const same = (one: RemediationRecord) => one.bootId === bootId && one.monoMs === monoMs && one.what.kind === what.kind
  const bytes = SAFETY_SHAPE.encode(record)
  return ring.all().some((one) => same(one) && bytesOf(one).equals(bytes))
}

function startOf({ ring, unwritten }: Held, attempt: string): ReturnType<Ring['startOf']> {
  const found = unwritten.records.find(({ what }) => what.kind === 'started' && what.attempt === attempt)
  return found?.what.kind === 'started' ? found.what : ring.startOf(attempt)
}

/** Puts the journal aside and begins another one, once however often it is asked for meanwhile. */
function createRenewing(
  options: SafetyOptions,
  held: Held,
  {
    stateOf,
    moment,
    write,
  }: {
    readonly stateOf: (held: Held) => SafetyState
    readonly moment: () => BootMoment
    readonly write: Safety['write']
  },
): Safety['renew'] {
  const { dir, version } = options
  const { ring, unwritten } = held
  let renewing: Promise<void> | undefined

  async function renew(by: string): Promise<void> {
    const { journal } = held.opened
    held.before = onlyTime(stateOf(held), moment())
    held.opened = { journal: undefined, unusable: 'it is being put aside', isShort: false }
    await journal?.close()
    await putAside(dir)
    await unwritten.forget()
    held.opened = await openFor(options, ring, onlyTime(stateOf(held), moment()))
    held.failed = undefined
    held.isShort = held.opened.isShort
    await write({ kind: 'began', version })
    await write({ kind: 'reset', fingerprint: '', by })
    held.distrusted = undefined
  }

  return (by) => {
    renewing ??= renew(by).finally(() => {
      renewing = undefined
    })
    return renewing
  }
}

/** Where it fails nobody has the journal: whoever begins next would find it locked, for as long as this process lives. */
async function orClosed(work: Promise<unknown>, close: () => Promise<void>): Promise<void> {
  try {
    await work
  } catch (err) {
    await close()
    throw err
  }
}

/** Opens it, and writes that this process begins; or says why it cannot be used. Rejects with what the file system says. */
export async function openSafety(options: SafetyOptions): Promise<Safety> {
  const { bootId, version, clock, log, unwrittenPath } = options
  const ring = createRing('')
  const opened = await openFor(options, ring, EMPTY_STATE)
  const unwritten = await openUnwritten(unwrittenPath, { isKnown: (record) => isRecord(ring, record), log })
  const { isShort } = opened
  const held: Held = {
    ...{ opened, failed: undefined, isShort, distrusted: undefined, before: EMPTY_STATE },
    ...{ ring, unwritten },
  }
  const stateOf = createStateOf(held)
  const moment = () => ({ bootId, monoMs: clock.monotonicMs() })
  const recordOf = (what: Remediation) => ({ ...moment(), time: clock.now(), what: cutRecord(what) })
  const { write, writeIf, idle } = createWriting(options, held, recordOf)
  const renew = createRenewing(options, held, { stateOf, moment, write })

  async function writeBehind(what: Remediation, may: (state: SafetyState) => boolean): Promise<boolean> {
    await mayBegin(options, what)
    const { journal } = held.opened
    const keep = async (): Promise<boolean> => {
      if (!may(stateOf(held))) return false
      await unwritten.keep(recordOf(what))
      return true
    }
    return journal === undefined ? keep() : journal.behind(keep)
  }

  const close = async (): Promise<void> => {
    await idle()
    await held.opened.journal?.close()
  }
  if (opened.journal !== undefined || isShort) await orClosed(write({ kind: 'began', version }), close)
  return {
    ring,
    write,
    writeIf,
    writeBehind,
    get state() {
      return stateOf(held)
    },
    get trouble() {
      return held.opened.unusable ?? held.distrusted ?? held.failed
    },
    get isFailing() {
      return held.failed !== undefined || held.isShort
    },
    get isFull() {
      return held.isShort && held.distrusted === undefined && unwritten.trouble === undefined
    },
    startOf: (attempt) => startOf(held, attempt),
    nowMs: () => journalTime(stateOf(held), moment()),
    distrust(why) {
      if (held.distrusted === undefined) log.error('the journal of repairs cannot be trusted', { why })
      held.distrusted = `${why}; ${UNTIL}`
    },
    renew,
    close,
  }
}
