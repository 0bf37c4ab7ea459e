import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCursorLine } from './cursor-line.ts'
import { createReportOutbox } from './outbox.ts'
import { emptyReport } from './testing/scripted-monitor.ts'

describe('cursors on their way', () => {
  it('may be kept once their report and all before it are acknowledged, the last of them alone', () => {
    const line = createCursorLine()
    expect([line.last, line.acknowledged(1)]).toEqual([undefined, undefined])
    for (const sequence of [2, 3, 7]) line.told(sequence, `at ${sequence}`)
    expect(line.last).toBe('at 7')
    expect([line.acknowledged(1), line.acknowledged(6), line.acknowledged(6), line.acknowledged(9)]).toEqual([
      undefined,
      'at 3',
      undefined,
      'at 7',
    ])
    expect(line.last).toBe('at 7')
  })

  /** A follower of a source that numbers its lines: it may be killed at any time, and goes on from what was kept. */
  it('never run ahead of what was acknowledged, and lose nothing, whenever the process is killed', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant({ kind: 'tell' as const }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'other' as const }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), many: fc.nat(4) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), behind: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'kill' as const }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        /** Lines that the detector has. */
        const taken = new Set<number>()
        const acknowledgedLines = new Set<number>()
        let kept = 0
        let life = begin()

        function begin() {
          const outbox = createReportOutbox(steps.length + taken.size + 1)
          const line = createCursorLine()
          outbox.onAcknowledged((sequence) => {
            const cursor = line.acknowledged(sequence)
            if (cursor !== undefined) kept = Number(cursor)
          })
          return { outbox, line, next: kept + 1, lines: new Map<number, number>(), seen: 0 }
        }

        function tell(): void {
          const { sequence } = life.outbox.add(emptyReport(), true)
          life.lines.set(sequence, life.next)
          life.line.told(sequence, String(life.next))
          life.next++
        }

        function take(many: number): void {
          for (let i = 0; i < many; i++) {
            const next = life.outbox.after(life.seen)
            if (next === undefined) return
            life.seen = next.sequence
            const line = life.lines.get(next.sequence)
            if (line !== undefined) taken.add(line)
          }
        }

        function acknowledge(behind: number): void {
          const upTo = Math.max(0, life.seen - behind)
          for (const [sequence, line] of life.lines) if (sequence <= upTo) acknowledgedLines.add(line)
          life.outbox.acknowledge(life.outbox.incarnation, upTo)
        }

        for (const one of [...steps, { kind: 'kill' as const }]) {
          if (one.kind === 'tell') tell()
          else if (one.kind === 'other') life.outbox.add(emptyReport())
          else if (one.kind === 'take') take(one.many)
          else if (one.kind === 'acknowledge') acknowledge(one.behind)
          else life = begin()
          for (let line = 1; line <= kept; line++) expect(acknowledgedLines).toContain(line)
        }
        // What is left is told again by the last life, and with it every line has been taken.
        const most = Math.max(0, ...taken)
        while (life.next <= most) tell()
        take(Number.MAX_SAFE_INTEGER)
        expect([...taken].sort((a, b) => a - b)).toEqual(Array.from({ length: most }, (_, index) => index + 1))
      }),
    )
  })
})

describe('cursors that nobody acknowledges', () => {
  it('wait in bounded number; what may be kept is never ahead, and at last the last', () => {
    const line = createCursorLine()
    for (let at = 1; at <= 20_000; at++) line.told(at, String(at))
    const kept: [number, number][] = []
    for (let at = 1; at <= 20_000; at++) {
      const cursor = line.acknowledged(at)
      if (cursor !== undefined) kept.push([at, Number(cursor)])
    }
    expect(kept.length).toBeLessThanOrEqual(1024)
    expect(kept.every(([at, cursor]) => cursor <= at)).toBe(true)
    expect(kept.at(-1)).toEqual([20_000, 20_000])
  })
})
