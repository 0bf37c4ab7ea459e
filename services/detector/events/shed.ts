/** What monitors had no room for on the bus: summed up by monitor and severity, and told in words now and then. Pure. */
import { DETECTOR, type Severity } from '#model'
import type { Shed } from './fold.ts'

/** Told at once, and then this often at most. */
const TOLD_EVERY_MS = 60_000

/** How a monitor's violation is called: always the same words, so that it is one with a count. */
export function shedText(severity: Severity): string {
  return `events of severity ${severity} were counted and not told: those before them, which no exporter has taken yet, fill what one monitor may have of the bus`
}

export interface ShedBook {
  saw(shed: readonly Shed[]): void
  /** The same by monitor and severity. */
  sums(shed: readonly Shed[]): readonly Shed[]
  /** What is to be said of each monitor that had more of it since it was said last. */
  due(nowMs: number): readonly { readonly monitor: string; readonly text: string }[]
}

interface Line {
  count: number
  toldMs: number
}

export function createShedBook(): ShedBook {
  const lines = new Map<string, Line>()

  return {
    saw(shed) {
      // What the detector says of others is no news of the detector.
      for (const { monitor, count } of shed) {
        if (monitor === DETECTOR) continue
        const line = lines.get(monitor) ?? { count: 0, toldMs: Number.NEGATIVE_INFINITY }
        line.count += count
        lines.set(monitor, line)
      }
    },
    sums(shed) {
      const sums = new Map<string, Shed>()
      for (const one of shed) {
        const key = `${one.severity} ${one.monitor}`
        sums.set(key, { ...one, count: one.count + (sums.get(key)?.count ?? 0) })
      }
      return [...sums.values()]
    },
    due(nowMs) {
      const said: { monitor: string; text: string }[] = []
      for (const [monitor, line] of lines) {
        if (nowMs - line.toldMs < TOLD_EVERY_MS) continue
        if (line.count === 0) {
          lines.delete(monitor)
          continue
        }
        const events = line.count === 1 ? '1 event was' : `${line.count} events were`
        const text = `monitor ${monitor}: ${events} counted and not told; those before them, which no exporter has taken yet, fill what one monitor may have of the bus`
        said.push({ monitor, text })
        line.count = 0
        line.toldMs = nowMs
      }
      return said
    },
  }
}
