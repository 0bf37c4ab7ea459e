/** Receipts of what was put: each is called when everything its monitor put before it is on the bus. */
import type { LeftBehind } from './line.ts'

/** What to call once everything up to here is on the bus. Of one name only the last is kept: receipts are cumulative. */
export interface Receipt {
  readonly name: string
  readonly done: () => void
}

interface Placed {
  readonly receipt: Receipt
  readonly order: number
}

export interface Receipts {
  add(receipt: Receipt, order: number): void
  /** A round begins: each monitor's last receipt is the one that waits now, unless an earlier one still does. */
  begin(): void
  /** Calls those of which nothing stays behind; returns how many. */
  call(left: LeftBehind, held: ReadonlySet<string>): number
  /** Whether any waits of somebody who is not held back. */
  waits(held: ReadonlySet<string>): boolean
}

export function createReceipts(): Receipts {
  const newest = new Map<string, Placed>()
  /** Apart from the newest, so that whoever goes on reporting has its receipts all the same. */
  const waiting = new Map<string, Placed>()

  return {
    add(receipt, order) {
      newest.set(receipt.name, { receipt, order })
    },
    begin() {
      for (const [name, placed] of newest) {
        if (waiting.has(name)) continue
        waiting.set(name, placed)
        newest.delete(name)
      }
    },
    call(left, held) {
      let called = 0
      for (const [name, { receipt, order }] of waiting) {
        if (held.has(name) || left.has(name, order)) continue
        waiting.delete(name)
        called++
        receipt.done()
      }
      return called
    },
    waits: (held) => [...newest.keys(), ...waiting.keys()].some((name) => !held.has(name)),
  }
}
