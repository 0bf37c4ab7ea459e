import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Receipt } from '../outbox/outbox.ts'
import { createHeldReceipts, HELD_MAX } from './held-receipts.ts'

const numbers = new Map<Receipt, number>()

function receipt(name: string, number: number): Receipt {
  const one = { name, done: () => undefined }
  numbers.set(one, number)
  return one
}

describe('receipts', () => {
  it('pass at once while nothing of their monitor is held', () => {
    const held = createHeldReceipts()
    const one = receipt('log', 1)
    expect(held.add(one, [])).toBe(one)
  })

  it('wait for the windows of their own report and of all before it, and for nobody else', () => {
    const held = createHeldReceipts()
    expect(held.add(receipt('log', 1), ['a', 'b'])).toBeUndefined()
    const second = receipt('log', 2)
    expect(held.add(second, [])).toBeUndefined()
    const other = receipt('gpu', 1)
    expect(held.add(other, [])).toBe(other)
    expect(held.closed(['a'])).toEqual([])
    expect(held.closed(['b'])).toEqual([second])
    const third = receipt('log', 3)
    expect(held.add(third, [])).toBe(third)
  })

  it('are bounded, and the last of them still comes', () => {
    const held = createHeldReceipts()
    const windows = Array.from({ length: HELD_MAX * 2 }, (_, i) => `w${i}`)
    for (const [i, window] of windows.entries()) held.add(receipt('log', i), [window])
    expect(held.closed(windows).map((one) => numbers.get(one))).toEqual([windows.length - 1])
  })

  it('never say more than is told, whatever is closed when', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        windows: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('close' as const), windows: fc.array(fc.integer({ min: 0, max: 9 })) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const held = createHeldReceipts()
        const reports: Set<string>[] = []
        let acknowledged = -1
        function told(of: Receipt | undefined): void {
          if (of === undefined) return
          acknowledged = Math.max(acknowledged, numbers.get(of) ?? 0)
          for (const open of reports.slice(0, acknowledged + 1)) expect(open.size).toBe(0)
        }
        for (const { kind, windows } of steps) {
          const names = windows.map(String)
          if (kind === 'add') {
            reports.push(new Set(names))
            told(held.add(receipt('log', reports.length - 1), names))
          } else {
            for (const open of reports) for (const name of names) open.delete(name)
            for (const one of held.closed(names)) told(one)
          }
        }
        for (const open of reports) open.clear()
        for (const one of held.closed(Array.from({ length: 10 }, (_, i) => String(i)))) told(one)
        expect(acknowledged).toBe(reports.length - 1)
      }),
    )
  })
})
