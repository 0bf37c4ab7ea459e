import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openJournal } from '#durable'
import type { Remediation } from '#model'
import { RemediationRecord as Proto } from '#proto/nodedoctor/v1/remediation.ts'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import { createAsked } from '../asked/asked.ts'
import type { DeskOptions } from '../desk/types.ts'
import { BY_ANNOTATION, EMPTY_STATE, MAX_PROBLEMS } from '../state/types.ts'
import { LIMITS, RUNG, SIGHT } from '../testing/questions.ts'
import { createRing } from './ring.ts'
import { openSafety, type Safety } from './safety.ts'
import { SAFETY_SHAPE } from './shape.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

const clock = fakeClock()

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-safety-'))
  ends.push(() => rm(dir, { recursive: true, force: true }))
  return join(dir, 'remediator')
}

async function opened(
  dir: string,
  { bootId = 'b1', segmentBytes = 65_536, version = '1', log = keepLog('remediator').log } = {},
): Promise<Safety> {
  const safety = await openSafety({
    dir,
    machineId: 'm1',
    bootId,
    version,
    clock,
    log,
    onRecord: () => undefined,
    segmentBytes,
  })
  ends.push(() => safety.close())
  return safety
}

const problem = (fingerprint: string) => ({ ...SIGHT, opening: { ...SIGHT.opening, fingerprint } })
const started = (attempt: string, fingerprint = 'f1'): Remediation => ({
  ...{ kind: 'started', attempt, problem: problem(fingerprint), act: RUNG.act, mode: 'act' },
  ...{ number: 1, of: 3, cooldownMs: 1, verifyWithinMs: 1 },
})
const ended = (attempt: string, message: string): Remediation => ({
  ...{ kind: 'ended', attempt, outcome: 'failed', message, output: message, isOutputCut: false, durationMs: 1 },
  figures: Array.from({ length: 500 }, () => ({ what: message, before: 1, after: 2, unit: message })),
})

describe('the journal of repairs', () => {
  it('takes no word for a name that every object has', async () => {
    const dir = await folder()
    const safety = await opened(dir)
    await safety.write(started('a-1'))
    await safety.write(ended('a-1', 'x'))
    const known = { problems: () => [] } as unknown as DeskOptions['known']
    const asked = createAsked({ safety, known, limits: LIMITS } as DeskOptions, () => undefined)
    for (const name of ['constructor', '__proto__', 'toString']) {
      await expect(asked.reset(name, 'ann')).rejects.toThrow(`nothing was done about "${name}"`)
      // Also where it is written all the same.
      await safety.write({ kind: 'reset', fingerprint: name, by: 'ann' })
      await safety.write({
        kind: 'refused',
        problem: problem(name),
        act: RUNG.act,
        mode: 'act',
        gate: 'mute',
        reason: 'x',
      })
    }
    expect(safety.trouble).toBeUndefined()
    await safety.close()
    const again = await opened(dir)
    expect(again.trouble).toBeUndefined()
    expect(Object.keys(again.state.ledgers.act.problems)).toContain('constructor')
    expect(again.state.ledgers.act.starts).toHaveLength(1)
  })

  it('writes what others say as long as people read, and is read again', async () => {
    const dir = await folder()
    const flood = 'x'.repeat(2_200_000)
    const safety = await opened(dir, { segmentBytes: 8 * 1024 ** 2 })
    await safety.write(started('a-1'))
    for (let step = 0; step < 100; step++)
      await safety.write({ kind: 'step', attempt: 'a-1', step: flood, detail: flood })
    for (const fingerprint of ['f1', 'f2', 'f3']) {
      const told = { ...problem(fingerprint), message: flood }
      await safety.write({ kind: 'refused', problem: told, act: RUNG.act, mode: 'act', gate: 'fit', reason: flood })
    }
    const told = await safety.write(ended('a-1', flood))
    if (told === undefined) throw new Error('it was written')
    expect(told.what).toMatchObject({ message: `${'x'.repeat(1023)}…`, isOutputCut: true })
    expect(SAFETY_SHAPE.encode(told).length).toBeLessThan(100_000)
    expect(JSON.stringify(safety.state).length).toBeLessThan(100_000)
    await safety.close()
    const again = await opened(dir)
    expect(again.trouble).toBeUndefined()
    expect(again.state.ledgers.act.failures.count).toBe(1)
  })

  it('goes on in its other file, however much is to be remembered', async () => {
    const dir = await folder()
    const safety = await opened(dir)
    for (let n = 0; n < 400; n++) await safety.write(started(`a-${n}`, `${n} ${'é'.repeat(200)}`))
    expect(safety.trouble).toBeUndefined()
    await safety.close()
    const again = await opened(dir)
    expect(again.trouble).toBeUndefined()
    expect(again.state.ledgers.act.starts).toHaveLength(400)
    expect(JSON.stringify(again.state)).toBe(JSON.stringify(safety.state))
  })

  it('has room for the largest state that there may be', () => {
    let state = EMPTY_STATE
    for (let n = 0; n < MAX_PROBLEMS; n++) {
      const what = started(`a-${n}`, `${n}${'é'.repeat(500)}`)
      state = SAFETY_SHAPE.fold(state, { time: clock.now(), bootId: 'b1', monoMs: n, what })
    }
    expect(Buffer.byteLength(JSON.stringify(state))).toBeGreaterThan(1_000_000)
    const body = SAFETY_SHAPE.encodeState(state, 1_000_000)
    expect(body.length).toBeLessThan(1_000_000)
    const { problems, starts } = SAFETY_SHAPE.decodeState(body).ledgers.act
    expect(starts).toEqual(state.ledgers.act.starts)
    expect(Object.keys(problems).some((name) => name.startsWith(`${MAX_PROBLEMS - 1}é`))).toBe(true)
  })

  it('says to whoever asks or speaks that it is damaged, and denies nothing that it cannot know', async () => {
    const dir = await folder()
    const before = await opened(dir)
    for (let n = 1; n < 9; n++) await before.write(started(`a-${n}`))
    await before.close()
    const bytes = await readFile(join(dir, 'journal.0'))
    const middle = bytes.indexOf('a-4')
    expect(middle).toBeGreaterThan(0)
    bytes.write('a-5', middle)
    await writeFile(join(dir, 'journal.0'), bytes)
    const safety = await opened(dir)
    const known = { problems: () => [] } as unknown as DeskOptions['known']
    const asked = createAsked({ safety, known, limits: LIMITS } as DeskOptions, () => undefined)
    const why = expect.stringMatching(/damaged.*; nothing is repaired until a person says "node-doctor reset journal"$/)
    expect(asked.breakers()).toMatchObject({ unusable: why, breakers: [], budgets: [] })
    expect(asked.history({ limit: 0, fingerprint: '', before: 0 })).toMatchObject({ unusable: why, records: [] })
    expect(await asked.plan('')).toEqual({ unusable: why, plans: [] })
    await expect(asked.pause({ by: 'ann', why: 'x', forMs: 0 })).rejects.toMatchObject({ message: why })
    await expect(asked.resume('ann')).rejects.toMatchObject({ message: why })
    await expect(asked.reset('f1', 'ann')).rejects.toThrow('what was done about "f1" is not known: ')
  })

  it('names to whoever pauses what runs on', async () => {
    const safety = await opened(await folder())
    const known = { problems: () => [] } as unknown as DeskOptions['known']
    const asked = createAsked({ safety, known, limits: LIMITS } as DeskOptions, () => undefined)
    const pause = () => asked.pause({ by: 'ann', why: 'upgrade', forMs: 0 })
    expect(await pause()).toMatchObject({ running: undefined })
    await safety.write(started('a-1'))
    await clock.advance(90_000)
    const { strategy, target } = RUNG.act
    expect(await pause()).toMatchObject({ running: { attempt: 'a-1', strategy, target, forMs: 90_000 } })
    await safety.write(ended('a-1', 'x'))
    expect(await pause()).toMatchObject({ running: undefined })
  })

  it('says to whoever pauses and resumes whose pause that ends, and writes no end of none', async () => {
    const safety = await opened(await folder())
    const known = { problems: () => [] } as unknown as DeskOptions['known']
    const asked = createAsked({ safety, known, limits: LIMITS } as DeskOptions, () => undefined)
    const resumed = () => safety.ring.all().filter(({ what }) => what.kind === 'resumed').length
    expect([await asked.resume('ann'), resumed()]).toEqual([{ ended: undefined }, 0])
    const firmware = { by: 'ada', why: 'firmware', forMs: 7_200_000 }
    expect(await asked.pause(firmware)).toMatchObject({ replaced: undefined })
    await clock.advance(1_200_000)
    const [second, third] = await Promise.all([
      asked.pause({ by: 'ann', why: 'upgrade', forMs: 60_000 }),
      asked.pause({ by: 'bob', why: 'cables', forMs: 0 }),
    ])
    expect([second.replaced, third.replaced]).toMatchObject([
      { ...firmware, forMs: 6_000_000 },
      { by: 'ann', why: 'upgrade', forMs: 60_000 },
    ])
    expect(await asked.resume('ann')).toEqual({ ended: { by: 'bob', why: 'cables', forMs: undefined } })
    await asked.pause({ by: 'ann', why: 'upgrade', forMs: 60_000 })
    await clock.advance(60_000)
    expect([await asked.resume('ann'), resumed()]).toEqual([{ ended: undefined }, 1])
  })

  it('writes nothing that what was asked for before forbids', async () => {
    const safety = await opened(await folder())
    const [, act] = await Promise.all([
      safety.write({ kind: 'paused', by: 'ann', why: 'x' }),
      safety.writeIf(started('a-1'), ({ paused }) => paused === undefined),
    ])
    expect(act).toBeUndefined()
    expect(safety.state.ledgers.act.starts).toEqual([])
    expect(safety.trouble).toBeUndefined()
  })

  it('that a later version went on with counts still: what it does not know moves the time, and is told', async () => {
    const dir = await folder()
    const first = await opened(dir)
    await first.write(started('a-1'))
    await first.close()
    const at = { bootId: 'b1', monoMs: clock.monotonicMs() + 3_600_000, time: clock.now() }
    // Field 90, a message without fields.
    const later = Buffer.concat([Proto.encode(Proto.create(at)).finish(), Buffer.from([0xd2, 0x05, 0])])
    const opening = await openJournal({ ...SAFETY_SHAPE, encode: () => later }, { dir, identity: 'm1' })
    if (opening.kind !== 'open') throw new Error(opening.message)
    await opening.journal.append({ ...at, what: { kind: 'tick' } })
    await opening.journal.close()
    const { log, lines } = keepLog('remediator')
    const safety = await opened(dir, { log })
    expect([safety.trouble, safety.state.nowMs, safety.state.ledgers.act.starts.length]).toEqual([
      undefined,
      at.monoMs,
      1,
    ])
    expect(lines.filter((line) => 'uncounted' in line)).toMatchObject([{ level: 'error', uncounted: 1 }])
    expect(safety.ring.all().map(({ what }) => what.kind)).toEqual(['began', 'started', 'began'])
  })

  it('forgets all but the time when it is put aside, once for all who ask', async () => {
    const dir = await folder()
    const first = await opened(dir)
    await first.write(started('a-1'))
    await clock.advance(3_600_000)
    await first.write({ kind: 'tick' })
    await first.close()
    const safety = await opened(dir, { bootId: 'b2' })
    await safety.write({ kind: 'tick' })
    const beforeMs = safety.nowMs()
    const { journal } = safety.ring
    await Promise.all([safety.renew('ada'), safety.renew('ada')])
    expect(safety.nowMs()).toBe(beforeMs)
    expect(safety.ring.journal).not.toBe(journal)
    await safety.write({ kind: 'began', version: '1' })
    expect([safety.nowMs(), safety.state.nowMs, safety.state.ledgers.act.starts]).toEqual([beforeMs, beforeMs, []])
    await safety.close()
    const again = await opened(dir, { bootId: 'b2' })
    expect([again.nowMs(), again.ring.all().map(({ what }) => what.kind)]).toEqual([
      beforeMs,
      ['began', 'reset', 'began', 'began'],
    ])
    expect(again.ring.all().every((told) => told.journal === safety.ring.journal)).toBe(true)
  })

  it('whose beginning cannot be written is another one’s to open at once', async () => {
    const dir = await folder()
    await expect(opened(dir, { version: 'x'.repeat(20_000) })).rejects.toThrow('20')
    expect((await opened(dir)).trouble).toBeUndefined()
  })

  it('that was put aside leaves what is known of the node: an off and a maintenance hold after a restart, too, and no leave is taken twice', async () => {
    const dir = await folder()
    const safety = await opened(dir)
    const { opening } = SIGHT
    await safety.write({ kind: 'began', version: '1', nodeUid: 'u1', remediation: 'off', holds: ['in maintenance'] })
    await safety.write({ kind: 'approved', id: 'a1b2', by: BY_ANNOTATION, opening, forMs: 3_600_000 })
    await safety.renew('ada')
    await safety.close()
    const { state } = await opened(dir)
    expect(state).toMatchObject({ nodeUid: 'u1', remediation: 'off', holds: ['in maintenance'] })
    expect(state).toMatchObject({ annotated: ['a1b2'], approvals: [] })
  })
})

describe('the last records', () => {
  it('are counted as they are, and refusals go before what was done', () => {
    const ring = createRing('j', 100_000)
    ring.add({ time: clock.now(), bootId: 'b', monoMs: 1, what: started('a-1') }, 1)
    for (let n = 2; n < 1_000; n++) {
      const sight = { ...problem(`f${n}`), message: 'x'.repeat(1_000) }
      const what: Remediation = {
        kind: 'refused',
        problem: sight,
        act: RUNG.act,
        mode: 'act',
        gate: 'mute',
        reason: `${n}`,
      }
      ring.add({ time: clock.now(), bootId: 'b', monoMs: 1, what }, n)
    }
    expect(ring.startOf('a-1')?.attempt).toBe('a-1')
    expect(ring.all().length).toBeLessThan(100)
    expect(ring.all().length).toBeGreaterThan(50)
    for (let n = 1_000; n < 2_000; n++)
      ring.add({ time: clock.now(), bootId: 'b', monoMs: 1, what: started(`a-${n}`) }, n)
    expect(ring.startOf('a-1')).toBeUndefined()
    expect(ring.all().some(({ what }) => what.kind === 'refused')).toBe(false)
  })
})
