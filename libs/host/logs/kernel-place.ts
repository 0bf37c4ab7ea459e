/** How far the kernel's log was read: which records are new, and how many were never seen. Pure. */
import type { ParsedRecord } from './kernel-record.ts'
import type { KernelCursor, KernelRecord } from './types.ts'

/** A place in the log of one boot. */
export interface KernelPlace {
  /** Behind the last that was told; undefined where none was. */
  readonly cursor: KernelCursor | undefined
  /** undefined for one that was told before; `lost` are those between it and the one before it, as many as nobody knows. */
  take(record: ParsedRecord): { readonly record: KernelRecord; readonly lost: number | 'unknown' } | undefined
  /**
   * The log is read anew from its beginning, by another way. Where records have no numbers there, or those told last had
   * none, what is not later than the last that was told is not new.
   * @param isFromStart the first record that comes is the oldest that there is: where it is later than that, others were lost
   */
  goAnotherWay(isFromStart?: boolean): void
}

/** No log begins later: of one that does the beginning is gone. */
const FIRST_US = 1_000_000

/** @param from "start": whatever comes first is the first @param bootId of the log that is read */
export function createKernelPlace(from: 'start' | KernelCursor, bootId: string): KernelPlace {
  const cursor = from === 'start' ? undefined : from
  const isOfBoot = cursor?.bootId === bootId
  /** The last that was told. Behind another boot everything is new, from the first on. */
  let last = cursor === undefined ? undefined : isOfBoot ? (cursor.sequence ?? undefined) : -1
  /** Records are told apart by their time until the first of them is: there the cursor has no number, or they have none. */
  let untilUs = isOfBoot ? cursor.sinceBootUs : -1
  /** Of the latest that was told. */
  let toldUs = untilUs
  let behind = isOfBoot ? cursor : undefined
  /** Of the log as it is read now. */
  let isFirst = false

  /** Records of this log may be gone where its oldest is later than this: the last that was told, or the boot. */
  function expectedUs(): number {
    if (toldUs >= 0) return toldUs
    return cursor === undefined ? Number.POSITIVE_INFINITY : FIRST_US
  }

  return {
    get cursor() {
      return behind
    },
    take(record) {
      const { sequence, sinceBootUs } = record
      const isByTime = sequence === null || last === undefined
      const isGap = isFirst && isByTime && sinceBootUs > expectedUs()
      isFirst = false
      if (isByTime ? sinceBootUs <= untilUs : sequence <= (last ?? -1)) return undefined
      untilUs = -1
      const lost = sequence === null || last === undefined ? (isGap ? 'unknown' : 0) : sequence - last - 1
      // Behind one without a number nobody knows how many there were.
      last = sequence ?? undefined
      toldUs = Math.max(toldUs, sinceBootUs)
      behind = { bootId, sinceBootUs, sequence }
      return { record: { ...record, cursor: behind }, lost }
    },
    goAnotherWay(isFromStart = false) {
      untilUs = toldUs
      isFirst = isFromStart
    },
  }
}
