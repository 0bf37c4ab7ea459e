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
import { journalTime } from '../state/time.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { createRing, type Ring } from './ring.ts'
import { SAFETY_SHAPE } from './shape.ts'

/** Where it is, and of which machine and boot. */
export interface SafetyOptions {
  /** The journal's folder, of this service alone. */
  readonly dir: string
  readonly machineId: string
  readonly bootId: string
  /** Of this program. */
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
  /** Something that only an earlier journal can have done is seen: nothing is done until a person puts this one aside. */
  distrust(why: string): void
  /** Takes a journal that cannot be used out of the way and begins another one: what it knew is forgotten. By a person's word alone. */
  renew(by: string): Promise<void>
  close(): Promise<void>
}

/** What came of opening it: the journal, or why it cannot be used. */
interface Opened {
  readonly journal: Journal<RemediationRecord, SafetyState> | undefined
  readonly unusable: string | undefined
}

const UNTIL = 'nothing is repaired until a person says "node-doctor reset journal"'

async function open({ dir, machineId, log, segmentBytes }: SafetyOptions, ring: Ring): Promise<Opened> {
  const before: [RemediationRecord, number][] = []
  const opening = await openJournal(SAFETY_SHAPE, {
    dir,
    identity: machineId,
    visit: (record, sequence) => before.push([record, sequence]),
    ...(segmentBytes !== undefined && { segmentBytes }),
  })
  if (opening.kind === 'unusable') {
    log.error('the journal of repairs cannot be used', { why: opening.why, reason: opening.message })
    return { journal: undefined, unusable: `${opening.message}; ${UNTIL}` }
  }
  const { journal, isTorn } = opening
  ring.renew(journal.id)
  for (const [record, sequence] of before) ring.add(record, sequence)
  if (isTorn) log.warn('the last record of the journal was half written and was cut off', { dir })
  return { journal, unusable: undefined }
}

/** Opens it, and writes that this process begins; or says why it cannot be used. Rejects with what the file system says. */
export async function openSafety(options: SafetyOptions): Promise<Safety> {
  const { dir, bootId, version, clock, log, onRecord } = options
  const ring = createRing('')
  let opened = await open(options, ring)
  let failed: string | undefined
  let distrusted: string | undefined
  const stateNow = () => opened.journal?.state ?? EMPTY_STATE
  const moment = () => ({ bootId, monoMs: clock.monotonicMs() })

  async function write(what: Remediation): Promise<ToldRemediation> {
    const { journal } = opened
    if (journal === undefined) throw new JournalUnusableError(opened.unusable ?? 'it is being put aside')
    const record: RemediationRecord = { ...moment(), time: clock.now(), what }
    try {
      passesRecord('before', what)
      const sequence = await journal.append(record)
      passesRecord('after', what)
      failed = undefined
      const told = ring.add(record, sequence)
      onRecord(told)
      return told
    } catch (err) {
      failed = `the journal cannot be written: ${err instanceof Error ? err.message : String(err)}`
      log.error('a record of repairs could not be written; nothing is done meanwhile', { kind: what.kind, err })
      throw err
    }
  }

  if (opened.journal !== undefined) await write({ kind: 'began', version })
  return {
    ring,
    write,
    get state() {
      return stateNow()
    },
    get trouble() {
      return opened.unusable ?? distrusted ?? failed
    },
    get isFailing() {
      return failed !== undefined
    },
    nowMs: () => journalTime(stateNow(), moment()),
    distrust(why) {
      if (distrusted === undefined) log.error('the journal of repairs cannot be trusted', { why })
      distrusted = `${why}; ${UNTIL}`
    },
    async renew(by) {
      const { journal } = opened
      opened = { journal: undefined, unusable: 'it is being put aside' }
      await journal?.close()
      await putAside(dir)
      opened = await open(options, ring)
      await write({ kind: 'began', version })
      await write({ kind: 'reset', fingerprint: '', by })
      distrusted = undefined
    },
    close: () => opened.journal?.close() ?? Promise.resolve(),
  }
}
