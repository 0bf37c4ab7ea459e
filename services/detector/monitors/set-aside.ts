/**
 * Reports at which the detector itself fails, time after time. A monitor tells again what has no receipt, and what comes after it
 * waits; its present state it tells in each session under another number. So what failed so often is set aside. Pure.
 */
import type { Report } from '#model'

/** So often one is tried, and so many failures in a row are borne of one monitor. */
const TRIES_MAX = 3
/** Failures that are further apart are not in a row; a session that failed is made anew well before. */
export const ROW_MS = 60_000
/** So many are told one by one, and then one a second. */
const TOLD_MAX = 10
const TOLD_EVERY_MS = 1000

/** Which of a monitor's reports it is. */
export type Numbered = Pick<Report, 'incarnation' | 'sequence'>

/** That one is set aside from now on. */
export interface PutAside {
  /** How many were, with this one. */
  readonly count: number
  /** Where the detector failed, and how often: "at it 3 times". */
  readonly where: string
  /** False where it is one of many. */
  readonly isTold: boolean
}

/** Of one monitor; it outlives the sessions. */
export interface SetAside {
  /** The detector failed at it. undefined: it is tried again, in another session. */
  failed(report: Numbered, nowMs: number): PutAside | undefined
  /** Whether it was set aside, or came before one that was, and came again before its receipt had arrived. */
  has(report: Numbered): boolean
}

/** Nothing has failed yet. */
export function createSetAside(): SetAside {
  let trying = ''
  let tries = 0
  let inRow = 0
  let failedMs = Number.NEGATIVE_INFINITY
  let count = 0
  let toldMs = Number.NEGATIVE_INFINITY
  /** The last one of this life of its monitor: receipts go up to the highest number. */
  let last: Numbered | undefined

  /** What is counted by number is so only of what has one. */
  function counted({ incarnation, sequence }: Numbered, nowMs: number): string | undefined {
    const name = incarnation === 0 ? '' : `${incarnation}-${sequence}`
    tries = name !== '' && name === trying ? tries + 1 : 1
    trying = name
    inRow = nowMs - failedMs > ROW_MS ? 1 : inRow + 1
    failedMs = nowMs
    if (tries >= TRIES_MAX) return `at it ${tries} times`
    return inRow >= TRIES_MAX ? `at its reports ${inRow} times in a row` : undefined
  }

  return {
    failed(report, nowMs) {
      const where = counted(report, nowMs)
      if (where === undefined) return undefined
      const { incarnation, sequence } = report
      if (incarnation !== 0) last = { incarnation, sequence }
      count++
      const isTold = count <= TOLD_MAX || nowMs - toldMs >= TOLD_EVERY_MS
      if (isTold) toldMs = nowMs
      return { count, where, isTold }
    },
    has: ({ incarnation, sequence }) =>
      last !== undefined && last.incarnation === incarnation && sequence <= last.sequence,
  }
}
