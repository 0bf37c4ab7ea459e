import { describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { judge } from '../gates/judge.ts'
import { notKnown, refuses } from '../gates/say.ts'
import type { Question } from '../gates/types.ts'
import { createRing } from '../safety/ring.ts'
import { fold } from '../state/fold.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { NOW_MS, OPENING, question, RUNG, SIGHT } from '../testing/questions.ts'
import { createRefusals } from './refusals.ts'

const DAY_MS = 86_400_000

/** Refusals that are written to a state, as they come. */
function desk() {
  let state = { ...EMPTY_STATE, bootId: 'b1', nowMs: NOW_MS }
  const written: string[] = []
  const write = (what: Remediation) => {
    if (what.kind === 'refused') written.push(`${what.problem.opening.fingerprint} ${what.gate}: ${what.reason}`)
    state = fold(state, { time: new Date(0), bootId: 'b1', monoMs: state.nowMs, what })
    return Promise.resolve(undefined)
  }
  const refusals = createRefusals({
    write,
    trouble: undefined,
    get state() {
      return state
    },
  })
  const asked = (nowMs: number, fingerprint: string, other: Partial<Question>): Question => {
    const opening = { ...OPENING, fingerprint }
    const { truth } = question()
    const problem = truth.problem && { ...truth.problem, sight: { ...SIGHT, opening }, lookedAtMs: nowMs }
    return question({ state, ledger: state.ledgers.act, nowMs, opening, truth: { ...truth, problem }, ...other })
  }
  return {
    written,
    write,
    note: (said: ReturnType<typeof refuses>, ms = 0, fingerprint = 'f1', gate: 'mute' | 'enabled' = 'mute') =>
      refusals.note(asked(NOW_MS + ms, fingerprint, {}), { gate, said }),
    async judged(ms: number, other: Partial<Question>) {
      const of = asked(NOW_MS + ms, 'f1', other)
      const { refusal } = judge(of)
      if (refusal !== undefined) await refusals.note(of, refusal)
    },
  }
}

describe('what holds a repair back', () => {
  it('is written at once where it stands until somebody does something, and once while it is the same', async () => {
    const { note, written } = desk()
    for (const ms of [0, 2_000, 4_000]) await note(refuses('paused by ann'), ms)
    expect(written).toEqual(['f1 mute: paused by ann'])
  })

  it('is not written where it is over in a moment, and is where that lasts', async () => {
    const { note, written } = desk()
    await note(notKnown('nobody answered'))
    await note(refuses('quiet hours', NOW_MS + 20_000), 2_000)
    expect(written).toEqual([])
    // Not refused for a while: it begins anew.
    for (let ms = 40_000; ms < 69_000; ms += 2_000) await note(notKnown('nobody answered'), ms)
    expect(written).toEqual([])
    await note(refuses('quiet hours', NOW_MS + 80_000), 70_000)
    expect(written).toEqual(['f1 mute: quiet hours'])
    const other = desk()
    await other.note(refuses('quiet hours', NOW_MS + 600_000))
    expect(other.written).toHaveLength(1)
  })

  it('is not that something is being done about it', async () => {
    const { write, judged, written } = desk()
    const limits = { number: 1, of: 3, cooldownMs: 1, verifyWithinMs: 1 }
    const problem = { ...SIGHT, opening: { ...OPENING, fingerprint: 'f1' } }
    await write({ kind: 'started', attempt: 'a', problem, act: RUNG.act, mode: 'act', ...limits })
    for (let ms = 0; ms < 120_000; ms += 2_000) await judged(ms, {})
    expect(written).toEqual([])
  })

  it('fills neither the journal nor the stream, however gates take turns and however many problems there are', async () => {
    const { note, written } = desk()
    for (let ms = 0; ms < DAY_MS; ms += 30_000) {
      const isEven = ms % 60_000 === 0
      await note(refuses(isEven ? 'by one' : 'by another'), ms)
    }
    expect(written.length).toBeLessThan(160)
    for (let ms = 0; ms < DAY_MS; ms += 600_000)
      for (let n = 0; n < 200; n++) await note(refuses(ms % 1_200_000 === 0 ? 'one' : 'another'), DAY_MS + ms, `g${n}`)
    expect(written.length).toBeLessThan(160 + 256 + 730)
  })

  it('is written at once where a pause is over, however often others were', async () => {
    const { note, written } = desk()
    for (const reason of ['one', 'two', 'three', 'four']) await note(refuses(reason))
    await note(refuses('paused by ann: x'), 0, 'f1', 'enabled')
    await note(refuses('it is muted'), 2_000)
    await note(refuses('it is held back'), 4_000)
    expect(written.slice(4)).toEqual(['f1 enabled: paused by ann: x', 'f1 mute: it is muted'])
    for (let ms = 0; ms < DAY_MS; ms += 30_000)
      for (const gate of ['enabled', 'mute'] as const) await note(refuses('paused by ann: x'), ms, 'f1', gate)
    expect(written.length).toBeLessThan(6 + 2 * 160)
  })

  it('is kept once for each problem and gate', () => {
    const ring = createRing('j')
    const record = (gate: string, reason: string, fingerprint = 'f1') => {
      const problem = { ...SIGHT, opening: { ...OPENING, fingerprint } }
      const what: Remediation = { kind: 'refused', problem, act: RUNG.act, mode: 'act', gate, reason }
      return { time: new Date(0), bootId: 'b1', monoMs: 1, what }
    }
    let sequence = 0
    for (let n = 0; n < 50; n++) for (const gate of ['mute', 'budget']) ring.add(record(gate, `it is ${n}`), ++sequence)
    ring.add(record('mute', 'it is another', 'f2'), ++sequence)
    expect(ring.all().map(({ sequence: at }) => at)).toEqual([99, 100, 101])
    expect(ring.after(99)).toHaveLength(2)
  })
})
