import { describe, expect, it } from 'vitest'
import type { Remediation, ToldRemediation } from '#model'
import { HistoryResponse } from '#proto/nodedoctor/v1/remediation.ts'
import { toProtoToldRemediation } from '#wire/remediation'
import { someMonitor } from '../../../libs/view/testing.ts'
import { createLooks } from '../know/looks.ts'
import { createRing } from '../safety/ring.ts'
import { SAFETY_SHAPE } from '../safety/shape.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { LIMITS, OPENING, RUNG, SIGHT } from '../testing/questions.ts'
import { heldBackOf } from './held-back.ts'
import { historyOf } from './history.ts'

const record = (what: Remediation) => ({ time: new Date(0), bootId: 'b1', monoMs: 1, what })
const STARTED: Remediation = {
  kind: 'started',
  attempt: 'a-1',
  problem: SIGHT,
  act: RUNG.act,
  mode: 'act',
  number: 1,
  of: 3,
  cooldownMs: 1,
  verifyWithinMs: 1,
}
const ALL: readonly Remediation[] = [
  { kind: 'began', version: '1' },
  { kind: 'tick' },
  { kind: 'refused', problem: SIGHT, act: RUNG.act, mode: 'act', gate: 'mute', reason: 'x' },
  STARTED,
  { kind: 'step', attempt: 'a-1', step: 's', detail: '' },
  { kind: 'step', attempt: 'a-2', step: 's', detail: '' },
  { kind: 'verified', attempt: 'a-1', verdict: 'proven', message: '' },
  { kind: 'seen', opening: OPENING, resolved: true, forgets: false },
  { kind: 'breaker', state: 'open', failures: 5 },
  { kind: 'breaker', of: { fingerprint: OPENING.fingerprint, strategy: 's' }, state: 'open', failures: 5 },
  { kind: 'approved', id: 'i', by: 'ann', opening: OPENING, forMs: 1 },
  { kind: 'reset', fingerprint: OPENING.fingerprint, by: 'ann' },
  { kind: 'exhausted', problem: SIGHT, mode: 'act' },
]
const TOLD: readonly ToldRemediation[] = ALL.map((what, at) => ({ ...record(what), journal: 'j', sequence: at + 1 }))
const kinds = (wish: Partial<Parameters<typeof historyOf>[1]>) =>
  historyOf(TOLD, { limit: 0, fingerprint: '', before: 0, ...wish }).map(({ what }) => what.kind)

describe('history', () => {
  it('has the last first, without ticks, as many as are wanted', () => {
    expect(kinds({})).toHaveLength(12)
    expect(kinds({ limit: 2 })).toEqual(['exhausted', 'reset'])
    expect(kinds({ before: 3 })).toEqual(['began'])
  })
  it('of a problem has what names it, and its attempts', () => {
    expect(kinds({ fingerprint: OPENING.fingerprint })).toEqual([
      'exhausted',
      'reset',
      'approved',
      'breaker',
      'seen',
      'verified',
      'step',
      'started',
      'refused',
    ])
    expect(kinds({ fingerprint: 'none' })).toEqual([])
  })
})

describe('a long history', () => {
  const at = (whats: readonly Remediation[]) =>
    whats.map((what, n) => ({ ...record(what), journal: 'j', sequence: n + 1 }))
  const all = { limit: 0, fingerprint: '', before: 0 }

  it('shows what was done, however often it was refused since', () => {
    const refused: Remediation = {
      kind: 'refused',
      problem: SIGHT,
      act: RUNG.act,
      mode: 'act',
      gate: 'mute',
      reason: 'x',
    }
    const told = historyOf(at([STARTED, ...Array.from({ length: 500 }, () => refused)]), all)
    expect(told).toHaveLength(51)
    expect(told.at(-1)?.what.kind).toBe('started')
  })

  it('is one answer, with outputs that are cut where all of them are too much', () => {
    const ended: Remediation = {
      ...{ kind: 'ended', attempt: 'a-1', outcome: 'failed', message: '', output: '\ufffd'.repeat(65_000) },
      ...{ isOutputCut: false, durationMs: 1, figures: [] },
    }
    const told = historyOf(at(Array.from({ length: 1000 }, () => ended)), { ...all, limit: 1000 })
    const bytes = HistoryResponse.encode({
      records: told.map(toProtoToldRemediation),
      unusable: '',
      names: {},
    }).finish().length
    expect(bytes).toBeLessThan(3.5 * 1024 ** 2)
    expect(told.length).toBeGreaterThan(900)
    const [short] = historyOf(at([ended]), all)
    expect(short?.what).toMatchObject({ isOutputCut: false })
  })
})

describe('the last records', () => {
  it('are handed out from where somebody is, and the oldest go when they are too large', () => {
    const ring = createRing('j', 400)
    for (const [at, what] of ALL.slice(0, 4).entries()) ring.add(record(what), at + 1)
    expect(ring.after(2)).toHaveLength(2)
    expect(ring.after(9)).toEqual([])
    expect(ring.startOf('a-1')?.attempt).toBe('a-1')
    expect(ring.startOf('none')).toBeUndefined()
    for (let at = 5; at < 40; at++) ring.add(record({ kind: 'tick' }), at)
    expect(ring.all().length).toBeLessThan(30)
    ring.renew('k')
    expect([ring.journal, ring.all()]).toEqual(['k', []])
  })
})

describe('the state, as bytes', () => {
  it('comes back as it was, and what is none is refused', () => {
    const { encode, decode, encodeState, decodeState, fold } = SAFETY_SHAPE
    const state = fold(EMPTY_STATE, record(STARTED))
    expect(decodeState(encodeState(state, 65_536))).toEqual(
      JSON.parse(JSON.stringify(state), (key, value: unknown) => (key === 'opened' ? new Date(String(value)) : value)),
    )
    expect(decode(encode(record(STARTED)))).toEqual(record(STARTED))
    expect(() => decode(new Uint8Array())).toThrow('a record is none that this version knows')
    for (const text of ['{}', 'null', '1']) expect(() => decodeState(Buffer.from(text))).toThrow('a state is none')
  })
})

describe('what holds repairs back', () => {
  it('is breakers, budgets that are used up, and a pause', () => {
    const act = { ...EMPTY_STATE.ledgers.act, starts: [990, 995], failures: { count: 5, lastAtMs: 999 } }
    const state = { ...EMPTY_STATE, ledgers: { ...EMPTY_STATE.ledgers, act } }
    const held = heldBackOf(state, LIMITS, 1_000)
    expect(held.breakers).toHaveLength(1)
    expect(held.budgets.map(({ used, forMs }) => [used, forMs])).toEqual([
      [2, 59_990],
      [2, undefined],
      [0, undefined],
    ])
    expect(held.paused).toBeUndefined()
    const paused = (untilMs: number | undefined) =>
      heldBackOf({ ...state, paused: { by: 'ann', why: 'x', untilMs } }, LIMITS, 1_000).paused
    expect([paused(undefined)?.by, paused(900), paused(1_500)?.forMs]).toEqual(['ann', undefined, 500])
  })
})

describe('when a check looked', () => {
  it('is as old as the wall clock says, and no younger than it was heard of', () => {
    let nowMs = 10_000
    let wallMs = 1_000_000
    const looks = createLooks({ nowMs: () => nowMs, wallMs: () => wallMs })
    const [run] = someMonitor().runs
    if (run === undefined) throw new Error('the monitor has a run')
    const heard = (started: number, intervalMs: number) =>
      looks.heard(
        someMonitor({
          name: 'm',
          runs: [{ ...run, check: 'c', started: new Date(started), durationUs: 0, intervalMs }],
        }),
      )
    const of = (fromEvent = false, lastSeen = 999_000) =>
      looks.of({ check: 'c', source: 'm', lastSeen: new Date(lastSeen), fromEvent })
    heard(999_000, 30_000)
    expect(of()).toEqual({ atMs: 9_000, intervalMs: 30_000 })
    nowMs = 20_000
    heard(999_000, 0)
    expect(of()).toEqual({ atMs: 9_000, intervalMs: undefined })
    wallMs = 500_000
    heard(501_000, 30_000)
    expect(of()?.atMs).toBe(20_000)
    // It was seen in a time that has not come by this clock: it was set back, and nobody knows how long ago that was.
    expect(of(true)).toBeUndefined()
    expect(of(true, 499_000)).toEqual({ atMs: 19_000, intervalMs: 600_000 })
    looks.gone('m')
    expect(of()).toBeUndefined()
  })
})
