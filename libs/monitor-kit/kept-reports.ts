/** Reports in their order, within a room that checks share: who goes first when there is none, and how much of it is held. */

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
  /** The configured name of the check that said it; "" for what no check said. */
  readonly check: string
}

/** The room that there is. */
export interface OutboxLimits {
  readonly reports: number
  readonly bytes: number
}

/** Reports that are kept. */
export interface KeptReports {
  readonly length: number
  /** Those of a check that a cursor stands behind have its share of the half of the room that is for them, or more. */
  isFull(check: string): boolean
  /** Keeps it, behind all others. @returns how many had to go for it */
  add(report: Kept): number
  /** The first after this number. */
  after(sequence: number): KeptReport | undefined
  /** Forgets all up to this number. */
  forget(upTo: number): void
  /** Forgets one. False: it is not there. */
  remove(sequence: number): boolean
}

/** How many, and how large they are together. */
interface Sum {
  reports: number
  bytes: number
}

/** What a check has: what a cursor stands behind, and what can go. */
interface Use {
  readonly held: Sum
  readonly free: Sum
}

/** What each check has of the room. */
function createUses(limits: OutboxLimits) {
  const uses = new Map<string, Use>()
  const partOf = ({ reports, bytes }: Sum) => Math.max(reports / limits.reports, bytes / limits.bytes)

  return {
    /** From 0 to 1. */
    heldBy: (check: string) => partOf(uses.get(check)?.held ?? { reports: 0, bytes: 0 }),
    count({ check, isHeld, bytes: { length } }: Kept, by: 1 | -1): void {
      const use = uses.get(check) ?? { held: { reports: 0, bytes: 0 }, free: { reports: 0, bytes: 0 } }
      const sum = isHeld ? use.held : use.free
      sum.reports += by
      sum.bytes += by * length
      uses.set(check, use)
    },
    /** The check that has most of it; undefined where nobody has any. */
    most(what: keyof Use): string | undefined {
      let found: string | undefined
      let part = 0
      for (const [check, use] of uses) {
        if (partOf(use[what]) > part) [found, part] = [check, partOf(use[what])]
      }
      return found
    },
  }
}

/**
 * @param followers how many checks share the half of the room that is for what a cursor stands behind
 * @param onRoom some have gone
 */
export function createKeptReports(limits: OutboxLimits, followers: number, onRoom: () => void): KeptReports {
  const kept: Kept[] = []
  const all: Sum = { reports: 0, bytes: 0 }
  const uses = createUses(limits)

  function count(report: Kept, by: 1 | -1): void {
    all.reports += by
    all.bytes += by * report.bytes.length
    uses.count(report, by)
  }

  function cut(index: number, many: number): void {
    for (const gone of kept.splice(index, many)) count(gone, -1)
    onRoom()
  }

  /**
   * Of the check that has most of what can go, so that none fills the room of others: what says nothing goes first, and of the
   * same the oldest. What a cursor stands behind goes last.
   */
  function least(): number {
    const check = uses.most('free')
    if (check === undefined) return kept.findIndex((report) => report.check === uses.most('held'))
    const isFree = (report: Kept) => report.check === check && !report.isHeld
    const quiet = kept.findIndex((report) => isFree(report) && report.isQuiet)
    return quiet === -1 ? kept.findIndex(isFree) : quiet
  }

  return {
    get length() {
      return kept.length
    },
    isFull: (check) => uses.heldBy(check) * 2 * followers >= 1,
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
