/**
 * What monitors do that they may not, as events tell it: each kind of each monitor at once, then ever more seldom while it goes on,
 * with how often it was. Every single one is counted in the state of its monitor besides. Pure; time is an argument.
 */
import type { Violation } from '#model'

/** What was done: against a report's limits, in the declaration, on the socket, in answers that are polled, in samples. */
export type MisconductKind = Violation['code'] | 'declaration' | 'cut-off' | 'answers' | 'samples'

/** One thing that a monitor did. */
export interface Misconduct {
  readonly kind: MisconductKind
  /** In words that its author understands. */
  readonly text: string
}

/** After the first telling, and doubled from then on. */
const AGAIN_MS = 60_000
/** At most: its problem counts as absent after ten minutes without a word. */
const AGAIN_MAX_MS = 300_000
/** What was not seen for so long is news when it comes again. */
const QUIET_MS = 600_000
/** Lines that are kept, of all monitors together. */
const LINES_MAX = 1024

interface Line {
  seenMs: number
  toldMs: number
  waitMs: number
  /** Since it was told. */
  times: number
}

/** What was told of whom. */
export interface MisconductBook {
  /** A monitor did this, all at once. Returns what is to be told of it now; undefined: it was told lately, and is counted. */
  saw(monitor: string, done: readonly Misconduct[], nowMs: number): string | undefined
  /** Lines that are kept. */
  readonly size: number
}

/** Nobody has done anything yet. */
export function createMisconductBook(): MisconductBook {
  /** By monitor and kind; the one that was seen longest ago first. */
  const lines = new Map<string, Line>()

  /** Counts one, and says how many are to be told; 0: none now. */
  function counted(key: string, nowMs: number): number {
    const line = lines.get(key)
    lines.delete(key)
    if (line === undefined || nowMs - line.seenMs > QUIET_MS) {
      lines.set(key, { seenMs: nowMs, toldMs: nowMs, waitMs: AGAIN_MS, times: 0 })
      for (const oldest of lines.keys()) {
        if (lines.size <= LINES_MAX) break
        lines.delete(oldest)
      }
      return 1
    }
    lines.set(key, line)
    line.seenMs = nowMs
    line.times++
    if (nowMs - line.toldMs < line.waitMs) return 0
    const { times } = line
    line.toldMs = nowMs
    line.waitMs = Math.min(AGAIN_MAX_MS, 2 * line.waitMs)
    line.times = 0
    return times
  }

  return {
    saw(monitor, done, nowMs) {
      const times = new Map(
        [...new Set(done.map(({ kind }) => kind))].map((k) => [k, counted(`${monitor} ${k}`, nowMs)]),
      )
      const due = done.filter(({ kind }) => (times.get(kind) ?? 0) > 0)
      const [first] = due
      if (first === undefined) return undefined
      const more = due.length > 1 ? ` (and ${due.length - 1} more)` : ''
      const most = times.get(first.kind) ?? 1
      const often = most > 1 ? `; ${most} times since this was told last` : ''
      return `monitor ${monitor}: ${first.text}${more}${often}`
    },
    get size() {
      return lines.size
    },
  }
}
