import { describe, expect, it } from 'vitest'
import { decide } from './decide.ts'
import { fingerprintOf } from './keys.ts'
import { applyChanges } from './state.ts'
import { at, createWorld, declaration, event, report, T0 } from './testing.ts'
import type { Problem } from './types.ts'

const reasons = new Map([
  [
    'OOM',
    { reason: 'OOM', severity: 'warning', description: '', recovery: [{ kind: 'absent', forMs: 600_000 }] },
  ] as const,
])

/** A monitor of the kernel's log, of which each life tells from where the detector last had what it told. */
function logWorld() {
  const world = createWorld()
  const declared = declaration('log', [], { eventReasons: reasons })
  let incarnation = 0
  let sequence = 0
  return {
    begins: () => {
      incarnation++
      sequence = 0
      world.take({ kind: 'declared', declaration: declared, incarnation }, 0)
    },
    /** @param secondsOf when each was seen, by the log */
    tells: (secondsOf: readonly number[], ms: number, wallMs = ms) => {
      const events = secondsOf.map((s) => event('log', 'OOM', { id: `log.${s}`, firstSeen: new Date(T0 + s * 1000) }))
      sequence++
      const now = { wall: new Date(T0 + wallMs), monoMs: at(ms).monoMs }
      const said = report([], { incarnation, sequence, events })
      applyChanges(
        world.state,
        decide(world.state, { kind: 'report', monitor: 'log', violations: [], report: said }, now),
      )
    },
    clear: (ms: number) => world.take({ kind: 'cleared', type: 'OOM', entity: '', by: 'ann', why: 'mended' }, ms),
    problem: (): Problem | undefined => world.state.problems.get(fingerprintOf('log', 'OOM', '')),
  }
}

describe('an event that a monitor tells again in its next life', () => {
  it('is not counted twice, but for what was seen in the very moment of the last one', () => {
    const log = logWorld()
    log.begins()
    log.tells([1, 2, 3], 4000)
    log.begins()
    log.tells([1, 2, 5], 6000)
    expect(log.problem()).toMatchObject({ phase: 'opened', generation: 1, count: 4 })
  })

  it('does not open again what a person closed after it, and what came later does', () => {
    const log = logWorld()
    log.begins()
    log.tells([1, 2], 3000)
    log.clear(5000)
    log.begins()
    log.tells([1, 2], 6000)
    expect(log.problem()).toMatchObject({ phase: 'resolved', generation: 1 })
    log.tells([7], 8000)
    expect(log.problem()).toMatchObject({ phase: 'opened', generation: 2, count: 1 })
  })

  it('counts as news where somebody set the clock back meanwhile: nothing true is thrown away', () => {
    const log = logWorld()
    log.begins()
    log.tells([3600], 3_601_000)
    log.clear(3_605_000)
    log.tells([10], 3_610_000, 11_000)
    expect(log.problem()).toMatchObject({ phase: 'opened', generation: 2 })
  })
})
