/**
 * Reports at which the detector itself fails, time after time. A monitor tells again what has no receipt, and what comes after it
 * waits: so one that failed so often is set aside. Pure.
 */
import type { Report } from '#model'

/** So often one is tried. */
export const TRIES_MAX = 3

/** Which of a monitor's reports it is. */
export type Numbered = Pick<Report, 'incarnation' | 'sequence'>

/** Of one monitor; it outlives the sessions. */
export interface SetAside {
  /** The detector failed at it. Whether it is set aside from now on; one without a number is told once and never is. */
  failed(report: Numbered): boolean
  /** Whether it was set aside, and came again before its receipt had arrived. */
  has(report: Numbered): boolean
  /** How many were. */
  readonly count: number
}

/** Nothing has failed yet. */
export function createSetAside(): SetAside {
  let trying = ''
  let tries = 0
  let count = 0
  /** The last one of this life of its monitor: receipts go up to the highest number. */
  let last: Numbered | undefined

  return {
    failed({ incarnation, sequence }) {
      if (incarnation === 0) return false
      const name = `${incarnation}-${sequence}`
      tries = name === trying ? tries + 1 : 1
      trying = name
      if (tries < TRIES_MAX) return false
      last = { incarnation, sequence }
      count++
      return true
    },
    has: ({ incarnation, sequence }) => last?.incarnation === incarnation && sequence === last.sequence,
    get count() {
      return count
    },
  }
}
