/**
 * Receipts that wait until what their reports brought is told: an acknowledgement says "on the bus", and a count that
 * stands in the fold alone is not there yet. Receipts of one monitor are cumulative, so that they wait in line.
 */
import type { Receipt } from '../outbox/outbox.ts'

/** Receipts of one monitor that wait at most; beyond it the older of two neighbours is let go, its windows stay. */
export const HELD_MAX = 1024

interface Held {
  receipt: Receipt
  /** Windows that are not closed yet. */
  readonly open: Set<string>
}

export interface HeldReceipts {
  /** @returns the receipt when nothing holds it back */
  add(receipt: Receipt, windows: Iterable<string>): Receipt | undefined
  /** Windows are closed. Returns the last receipt of each monitor that nothing holds back any more. */
  closed(windows: readonly string[]): Receipt[]
}

export function createHeldReceipts(): HeldReceipts {
  const lines = new Map<string, Held[]>()

  /** The last of those at the head of the line that nothing holds back. */
  function release(name: string, line: Held[]): Receipt[] {
    const firstHeld = line.findIndex(({ open }) => open.size > 0)
    const free = line.splice(0, firstHeld === -1 ? line.length : firstHeld)
    if (line.length === 0) lines.delete(name)
    const last = free.at(-1)
    return last === undefined ? [] : [last.receipt]
  }

  return {
    add(receipt, windows) {
      const open = new Set(windows)
      const line = lines.get(receipt.name)
      if (line === undefined) {
        if (open.size === 0) return receipt
        lines.set(receipt.name, [{ receipt, open }])
        return undefined
      }
      const last = line.at(-1)
      if (last !== undefined && (open.size === 0 || line.length >= HELD_MAX)) {
        last.receipt = receipt
        for (const window of open) last.open.add(window)
      } else line.push({ receipt, open })
      return undefined
    },
    closed(windows) {
      if (windows.length === 0 || lines.size === 0) return []
      return [...lines].flatMap(([name, line]) => {
        for (const { open } of line) for (const window of windows) open.delete(window)
        return release(name, line)
      })
    },
  }
}
