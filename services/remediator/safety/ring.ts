/** The last records of the journal, in memory: for who reads history, and for a bus that forgot it. Bounded by bytes. */
import type { RecordSource } from '#bus'
import type { RemediationRecord, ToldRemediation } from '#model'
import { toProtoToldRemediation } from '#wire/remediation'
import { SAFETY_SHAPE } from './shape.ts'

/** As they are encoded; in memory they take a few times as much. */
const KEPT_BYTES = 4 * 1024 ** 2
/** Of what is too much so much goes at once: to move all for each that goes would cost more than all else. */
const SHARE = 4
/** More than the last so many are not asked of a journal: records that do something have some 300 bytes. */
export const RING_RECORDS_MAX = KEPT_BYTES / 256
/** Handed out at a time. */
const BATCH = 64

/** The records that are kept. */
export interface Ring extends RecordSource {
  /** Behind those that there are. `bytes`: as it is encoded, where that is known. */
  add(record: RemediationRecord, sequence: number, bytes?: number): ToldRemediation
  /** All, the oldest first. */
  all(): readonly ToldRemediation[]
  /** How an attempt began; undefined: too long ago. */
  startOf(attempt: string): Extract<RemediationRecord['what'], { kind: 'started' }> | undefined
  /** Another journal: nothing is kept. */
  renew(journal: string): void
  /** All that there is, is of this journal. */
  adopt(journal: string): void
}

interface Kept {
  readonly told: ToldRemediation
  readonly bytes: number
}

/** What goes first: what was only refused, and what says nothing. */
function isSlight({ told: { what } }: Kept): boolean {
  return what.kind === 'refused' || what.kind === 'tick'
}

/** Names the problem and the gate of a refusal; undefined: it is none. */
function refusalKey({ what }: RemediationRecord): string | undefined {
  return what.kind === 'refused' ? JSON.stringify([what.problem.opening.fingerprint, what.gate, what.mode]) : undefined
}

function bytesOf(records: readonly Kept[]): number {
  return records.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Without the oldest of `all` that are so many bytes. */
function without(all: readonly Kept[], isOf: (each: Kept) => boolean, tooMuch: number): readonly Kept[] {
  let left = tooMuch
  return all.filter((each) => {
    if (left <= 0 || !isOf(each)) return true
    left -= each.bytes
    return false
  })
}

/** Without the oldest refusals, and where those were too few without the oldest. */
function shed(all: readonly Kept[], keptBytes: number): readonly Kept[] {
  const goal = keptBytes - Math.floor(keptBytes / SHARE)
  const rest = without(all, isSlight, bytesOf(all) - goal)
  return without(rest, () => true, bytesOf(rest) - goal)
}

/** @param journal its id; @param keptBytes default 4 MiB */
export function createRing(journal: string, keptBytes = KEPT_BYTES): Ring {
  let id = journal
  let records: Kept[] = []
  let told: readonly ToldRemediation[] | undefined
  let bytes = 0

  /** Of what one gate says of one problem the last word is kept. */
  const refusals = new Map<string, Kept>()

  function take(one: Kept): void {
    const at = records.lastIndexOf(one)
    if (at === -1) return
    records.splice(at, 1)
    bytes -= one.bytes
  }

  function keep(kept: readonly Kept[]): void {
    refusals.clear()
    for (const one of kept) {
      const key = refusalKey(one.told)
      if (key !== undefined) refusals.set(key, one)
    }
    records = [...kept]
    bytes = bytesOf(kept)
    told = undefined
  }

  return {
    get journal() {
      return id
    },
    after(sequence) {
      const from = records.findIndex((record) => record.told.sequence > sequence)
      return from === -1 ? [] : records.slice(from, from + BATCH).map((each) => toProtoToldRemediation(each.told))
    },
    add(record, sequence, encoded = SAFETY_SHAPE.encode(record).length) {
      const one = { told: { ...record, journal: id, sequence }, bytes: encoded }
      const key = refusalKey(record)
      const before = key === undefined ? undefined : refusals.get(key)
      if (before !== undefined) take(before)
      if (key !== undefined) refusals.set(key, one)
      records.push(one)
      bytes += encoded
      told = undefined
      if (bytes > keptBytes) keep(shed(records, keptBytes))
      return one.told
    },
    all() {
      told ??= records.map((each) => each.told)
      return told
    },
    startOf(attempt) {
      const found = records.findLast(({ told: { what } }) => what.kind === 'started' && what.attempt === attempt)
      return found?.told.what.kind === 'started' ? found.told.what : undefined
    },
    renew(next) {
      id = next
      keep([])
    },
    adopt(next) {
      id = next
      keep(records.map((each) => ({ ...each, told: { ...each.told, journal: next } })))
    },
  }
}
