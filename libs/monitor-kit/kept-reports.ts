/** Reports in their order, within a room: who goes first when there is none, and how much of it is held. */

/** A report as it goes out, without its samples. */
export interface KeptReport {
  readonly sequence: number
  readonly bytes: Uint8Array
  /** How many things are in it. */
  readonly things: number
}

/** A report, and what is lost when it goes. */
export interface Kept extends KeptReport {
  /** Nothing but the proof that all is well. */
  readonly isQuiet: boolean
  /** What a cursor stands behind. */
  readonly isHeld: boolean
}

/** The room that there is. */
export interface OutboxLimits {
  readonly reports: number
  readonly bytes: number
}

/** Reports that are kept. */
export interface KeptReports {
  readonly length: number
  /** Those that a cursor stands behind have half of the room, or more. */
  readonly isHalfHeld: boolean
  /** Keeps it, behind all others. @returns how many had to go for it */
  add(report: Kept): number
  /** The first after this number. */
  after(sequence: number): KeptReport | undefined
  /** Forgets all up to this number. */
  forget(upTo: number): void
  /** Forgets one. False: it is not there. */
  remove(sequence: number): boolean
}

/** @param onRoom some have gone */
export function createKeptReports(limits: OutboxLimits, onRoom: () => void): KeptReports {
  const kept: Kept[] = []
  const all = { reports: 0, bytes: 0 }
  const held = { reports: 0, bytes: 0 }

  function count({ bytes: { length }, isHeld }: Kept, by: 1 | -1): void {
    for (const sum of isHeld ? [all, held] : [all]) {
      sum.reports += by
      sum.bytes += by * length
    }
  }

  function cut(index: number, many: number): void {
    for (const gone of kept.splice(index, many)) count(gone, -1)
    onRoom()
  }

  /** What says nothing goes first, what a cursor stands behind last, and of the same the oldest. */
  function least(): number {
    const quiet = kept.findIndex((report) => report.isQuiet && !report.isHeld)
    return Math.max(0, quiet === -1 ? kept.findIndex((report) => !report.isHeld) : quiet)
  }

  return {
    get length() {
      return kept.length
    },
    get isHalfHeld() {
      return held.reports * 2 >= limits.reports || held.bytes * 2 >= limits.bytes
    },
    add(report) {
      kept.push(report)
      count(report, 1)
      let gone = 0
      for (; all.reports > limits.reports || all.bytes > limits.bytes; gone++) cut(least(), 1)
      return gone
    },
    after: (sequence) => kept.find((report) => report.sequence > sequence),
    forget(upTo) {
      const first = kept.findIndex((report) => report.sequence > upTo)
      cut(0, first === -1 ? kept.length : first)
    },
    remove(sequence) {
      const index = kept.findIndex((report) => report.sequence === sequence)
      if (index === -1) return false
      cut(index, 1)
      return true
    },
  }
}
