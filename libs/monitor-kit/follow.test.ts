import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../host/testing.ts'
import { CONDITIONS_MAX } from './conditions-room.ts'
import type { RunReport } from './findings.ts'
import { following } from './testing/scripted-follower.ts'
import { emptyReport, healthy, problem, wordsOf } from './testing/scripted-monitor.ts'

let folder = ''
let end: () => Promise<void>

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  end = async () => temp[Symbol.asyncDispose]()
  await mkdir(join(folder, 'state'))
})
afterEach(() => end())

const wordsOfAll = (told: readonly RunReport[]) => told.map(({ observations }) => observations.map(wordsOf))

describe('a check that follows', () => {
  it('tells at once what it finds and what happened, of what it declared', async () => {
    const { told, life, runner } = following(folder)
    const { tell } = await life(0)
    await tell({
      findings: [problem('KernelOops'), problem('Stolen')],
      events: [{ reason: 'Oops', severity: 'warning', message: 'x', key: 'boot 1' }],
    })
    expect(wordsOfAll(told)).toEqual([['KernelOops problem AboveLimit']])
    expect(told[0]?.events).toMatchObject([{ id: 'key:boot 1', reason: 'Oops' }])
    expect(told[0]?.runs).toMatchObject([{ error: 'check kernel reported Stolen, which it does not declare' }])
    expect(runner.present.observations().map(wordsOf)).toEqual(['KernelOops problem AboveLimit'])
  })

  it('keeps its cursor when its report is acknowledged, and not before', async () => {
    const { life, outbox, cursors, onDisk } = following(folder)
    const { tell, context } = await life(0)
    expect(context.cursor).toBeUndefined()
    for (const line of [1, 2, 3]) await tell({ findings: [] }, { cursor: { line } })
    await cursors.settled()
    await expect(onDisk()).rejects.toThrow('ENOENT')
    outbox.acknowledge(7, 2)
    await cursors.settled()
    expect(await onDisk()).toBe('{"line":2}')
  })

  it('goes on in the next process where it was acknowledged', async () => {
    await writeFile(join(folder, 'state/cursor.json'), '{"line":2}')
    const { life } = following(folder)
    expect((await life(0)).context.cursor).toEqual({ line: 2 })
  })

  it('goes on where an earlier process had told once that can be read, and never behind what it told itself', async () => {
    await rm(join(folder, 'state'), { recursive: true })
    await writeFile(join(folder, 'state'), '')
    const { life, clock, lives } = following(folder)
    const first = await life(0)
    expect(first.context.cursor).toBeUndefined()
    await rm(join(folder, 'state'))
    await mkdir(join(folder, 'state'))
    await writeFile(join(folder, 'state/cursor.json'), '{"line":2}')
    async function again(index: number) {
      lives[index]?.fail(new Error('gone'))
      await expect.poll(() => clock.sleeping).toBe(1)
      await clock.advance(1000)
      return life(index + 1)
    }
    const second = await again(0)
    expect(second.context.cursor).toEqual({ line: 2 })
    await second.tell({ findings: [] }, { cursor: { line: 3 } })
    expect((await again(1)).context.cursor).toEqual({ line: 3 })
  })

  it('begins nothing while its cursor is not to be read now: unknown, with why, and it goes on there once it is', async () => {
    await writeFile(join(folder, 'state/cursor.json'), '{"line":2}')
    let isFailing = true
    const stateFolder = () =>
      isFailing
        ? Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }))
        : Promise.resolve(join(folder, 'state'))
    const { told, life, lives, clock } = following(folder, {}, undefined, undefined, stateFolder)
    await expect.poll(() => told.length).toBe(1)
    expect(told[0]?.runs[0]?.error).toMatch(/^cannot read where its source was read up to: EIO: i\/o error; /)
    expect(wordsOfAll(told)).toEqual([['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed']])
    await clock.advance(500)
    await expect.poll(() => told.length).toBe(2)
    expect(lives).toHaveLength(0)
    isFailing = false
    await clock.advance(1000)
    expect((await life(0)).context.cursor).toEqual({ line: 2 })
  })

  /** One that follows before its cursor can be read, on a disk that does not answer yet. */
  function beforeCursor() {
    const disk = Promise.withResolvers<string>()
    const more = { followsBeforeCursor: true }
    const all = following(folder, more, undefined, undefined, () => disk.promise)
    async function begun() {
      await expect.poll(() => all.clock.sleeping).toBeGreaterThan(1)
      await all.clock.advance(1000)
      return all.life(0)
    }
    return { ...all, begun, answers: () => disk.resolve(join(folder, 'state')) }
  }

  it('before its cursor begins after a second without one, keeps none then, and begins anew with it once it is there', async () => {
    await writeFile(join(folder, 'state/cursor.json'), '{"line":2}\n5')
    const { told, life, begun, answers, outbox, cursors, onDisk } = beforeCursor()
    const first = await begun()
    expect(first.context).toMatchObject({ cursor: undefined, isCursorKnown: false })
    await first.tell({ findings: [problem('KernelOops')] }, { cursor: { line: 9 } })
    outbox.acknowledge(7, 1)
    answers()
    const second = await life(1)
    expect(first.signal.aborted).toBe(true)
    expect(second.context).toMatchObject({ cursor: { line: 2 }, isCursorKnown: true })
    expect(told.flatMap(({ runs }) => runs)).toEqual([])
    expect(wordsOfAll(told)).toEqual([['KernelOops problem AboveLimit']])
    await cursors.settled()
    expect(await onDisk()).toBe('{"line":2}')
    await second.tell({ findings: [] }, { cursor: { line: 3 } })
    outbox.acknowledge(7, 2)
    await cursors.settled()
    expect(await onDisk()).toBe('{"line":3}')
  })

  it('before its cursor goes on where it had told, where it fails meanwhile and where there turns out to be none', async () => {
    const { clock, told, life, begun, answers } = beforeCursor()
    const first = await begun()
    await first.tell({ findings: [] }, { cursor: { line: 4 } })
    first.fail(new Error('gone'))
    await expect.poll(() => told.length).toBe(2)
    await clock.advance(1000)
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0)
    await clock.advance(1000)
    const second = await life(1)
    expect(second.context).toMatchObject({ cursor: { line: 4 }, isCursorKnown: false })
    answers()
    expect((await life(2)).context).toMatchObject({ cursor: { line: 4 }, isCursorKnown: true })
  })

  it('that fails is unknown, says so as a run that fails, and begins anew where it had told, later each time', async () => {
    const { told, life, clock, lives } = following(folder)
    const first = await life(0)
    await first.tell({ findings: [problem('KernelOops'), healthy('Lost', 'file:/x')] }, { cursor: 5 })
    first.fail(new Error('cannot read /dev/kmsg: EPERM'))
    await expect.poll(() => told.length).toBe(2)
    expect(told[1]?.runs).toMatchObject([
      { error: 'cannot read /dev/kmsg: EPERM', next: new Date('2026-05-12T03:14:20.500Z') },
    ])
    expect(wordsOfAll(told.slice(1))).toEqual([['KernelOops unknown CheckFailed', 'Lost file:/x unknown CheckFailed']])
    await clock.advance(499)
    expect(lives).toHaveLength(1)
    await clock.advance(1)
    const second = await life(1)
    expect(second.context.cursor).toBe(5)
    second.fail(new Error('again'))
    await expect.poll(() => told.length).toBe(3)
    await clock.advance(998)
    expect(lives).toHaveLength(2)
    await clock.advance(2)
    await life(2)
  })

  it('that ends by itself has failed', async () => {
    const { told, life } = following(folder)
    ;(await life(0)).end()
    await expect
      .poll(() => told.map(({ runs }) => runs[0]?.error))
      .toEqual(['check kernel stopped following its source'])
  })

  it('that told what cannot be told has failed of that, and nothing that comes after it is told', async () => {
    const { told, life, outbox } = following(folder)
    const { tell, signal } = await life(0)
    const wrong = tell({ findings: [{ ...healthy('Lost'), health: 'fine' as 'healthy' }] }, { cursor: 1 })
    const after = tell({ findings: [healthy('Lost')] }, { cursor: 2 })
    await expect(wrong).rejects.toThrow()
    await expect(after).rejects.toThrow()
    expect(signal.aborted).toBe(true)
    await expect.poll(() => told.length).toBe(1)
    expect(wordsOfAll(told)).toEqual([['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed']])
    expect(outbox.length).toBe(1)
  })

  it.each([
    [
      'is too long',
      'x'.repeat(4095),
      'a cursor of check kernel is 4097 bytes long; expected JSON of at most 4096 bytes',
    ],
    ['is no JSON', () => 1, 'a cursor of check kernel is nothing that JSON knows; expected JSON of at most 4096 bytes'],
  ])('whose cursor %s has failed of that', async (_what, cursor, text) => {
    const { told, life } = following(folder)
    await expect((await life(0)).tell({ findings: [] }, { cursor })).rejects.toThrow(text)
    await expect.poll(() => told.map(({ runs }) => runs[0]?.error)).toEqual([text])
  })

  it('waits while nobody takes what it told with a cursor, and goes on when somebody does', async () => {
    const { told, life, outbox, cursors } = following(folder, {}, { reports: 8, bytes: 1e9 })
    const { tell } = await life(0)
    const line = (cursor: number) => tell({ findings: [] }, { cursor })
    for (const cursor of [1, 2, 3, 4]) await line(cursor)
    const fifth = line(5)
    const other = outbox.add(emptyReport())
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toHaveLength(4)
    for (let i = 0; i < 20; i++) outbox.add(emptyReport())
    outbox.acknowledge(7, 1)
    await fifth
    expect(told).toHaveLength(5)
    // What no cursor stands behind made room.
    expect(outbox.after(0)?.sequence).toBe(2)
    expect(outbox.after(4)?.sequence).toBeGreaterThan(other.sequence)
    await cursors.settled()
  })

  it('says when it saw what it tells late, and nothing of what a turn named since', async () => {
    const healthyTurn = { create: () => () => Promise.resolve({ findings: [healthy('KernelOops')] }) }
    const { told, life, outbox, clock, run, runner, cursors } = following(folder, healthyTurn, {
      reports: 2,
      bytes: 1e9,
    })
    const { tell } = await life(0)
    await tell({ findings: [] }, { cursor: 1 })
    const event = { reason: 'Oops', severity: 'warning', message: 'x' } as const
    const waits = tell({ findings: [problem('KernelOops'), problem('Lost')], events: [event] }, { cursor: 2 })
    const seen = clock.now()
    await clock.advance(600_000)
    await run()
    outbox.acknowledge(7, 1)
    await waits
    await cursors.settled()
    expect(told[1]?.observations.map((one) => [wordsOf(one), one.observed])).toEqual([
      ['Lost problem AboveLimit', seen],
    ])
    expect(told[1]?.events).toMatchObject([{ firstSeen: seen, lastSeen: seen }])
    expect(runner.present.observations().map(wordsOf)).toEqual([
      'KernelOops healthy BelowLimit',
      'Lost problem AboveLimit',
    ])
  })

  it('tells all at once, where there is room for all, however many they are', async () => {
    const { told, life } = following(folder, {}, { reports: 10_000, bytes: 1e9 })
    const { tell, signal } = await life(0)
    await Promise.all(Array.from({ length: 1500 }, (_, line) => tell({ findings: [] }, { cursor: line })))
    expect([told.length, signal.aborted]).toEqual([1500, false])
  })

  it('that tells more at once than may wait has told that for which there is room, and goes on behind it', async () => {
    const { told, life, clock, outbox, cursors } = following(folder, {}, { reports: 8, bytes: 1e9 })
    const { tell, signal } = await life(0)
    const tells = Array.from({ length: 1500 }, (_, line) => tell({ findings: [] }, { cursor: line }))
    await Promise.allSettled(tells)
    expect(signal.reason).toMatchObject({ code: 'TOLD_AHEAD' })
    await expect.poll(() => told.length).toBe(5)
    outbox.acknowledge(7, 4)
    await cursors.settled()
    await expect.poll(() => clock.sleeping).toBe(1)
    await clock.advance(500)
    expect((await life(1)).context.cursor).toBe(3)
  })

  it('tells what it said when it said it, whatever it makes of that afterwards', async () => {
    const { told, life, outbox, cursors, onDisk } = following(folder, {}, { reports: 2, bytes: 1e9 })
    const { tell } = await life(0)
    await tell({ findings: [] }, { cursor: { line: 1 } })
    const finding = { ...problem('KernelOops'), message: 'first' }
    const said = { findings: [finding] }
    const cursor = { line: 2 }
    const waits = tell(said, { cursor })
    finding.message = 'second'
    said.findings.push({ ...problem('Lost'), message: 'third' })
    cursor.line = 3
    outbox.acknowledge(7, 1)
    await waits
    expect(told[1]?.observations.map(({ type, message }) => [type, message])).toEqual([['KernelOops', 'first']])
    outbox.acknowledge(7, 2)
    await cursors.settled()
    expect(await onDisk()).toBe('{"line":2}')
  })

  it('ends when the monitor does, also while it waits', async () => {
    const { stop, life, ended } = following(folder, {}, { reports: 2, bytes: 1e9 })
    const { tell } = await life(0)
    await tell({ findings: [] }, { cursor: 1 })
    const waits = tell({ findings: [] }, { cursor: 2 })
    stop.abort(new Error('the monitor stops'))
    await expect(waits).rejects.toThrow('the monitor stops')
    await ended
  })
})

describe('that a check has named all that it watches', () => {
  const whole = { create: () => () => Promise.resolve({ findings: [healthy('Lost')] }) }

  it('its turns say only while it follows: what its follower alone knows would be taken for over', async () => {
    const { life, run, runner, told, clock } = following(folder, whole)
    const first = await life(0)
    const completes = async () => [(await run()).complete, runner.isWhole]
    for (const _ of [1, 2, 3]) expect(await completes()).toEqual([[], false])
    await first.tell({ findings: [problem('KernelOops')] })
    expect(await completes()).toEqual([['kernel'], true])
    first.fail(new Error('gone'))
    await expect.poll(() => told.length).toBe(2)
    expect(await completes()).toEqual([[], false])
    await clock.advance(500)
    const second = await life(1)
    await clock.advance(60_000)
    expect(await completes()).toEqual([[], false])
    second.context.following()
    expect(await completes()).toEqual([['kernel'], true])
  })

  it('its turns say no more once its follower named what there is no room for, until that names all there is', async () => {
    const { life, run, runner } = following(folder, whole)
    const { tell } = await life(0)
    const many = (size: number) => Array.from({ length: size }, (_, index) => healthy('KernelOops', `cpu:${index}`))
    for (const _ of [1, 2]) await run()
    await tell({ findings: many(CONDITIONS_MAX) })
    expect([(await run()).complete, runner.isWhole]).toEqual([[], false])
    await tell({ findings: [] })
    expect([(await run()).complete, runner.isWhole]).toEqual([[], false])
    await tell({ findings: many(8), partial: false })
    expect([(await run()).complete, runner.isWhole]).toEqual([['kernel'], true])
  })
})

describe('the turn of a check that follows', () => {
  it('says that it does, and why it does not', async () => {
    const { life, run, told, clock } = following(folder)
    const first = await life(0)
    await first.tell({ findings: [problem('KernelOops')] })
    expect(await run()).toMatchObject({ observations: [], withdrawn: [], complete: [], runs: [{ error: '' }] })
    first.fail(new Error('gone'))
    await expect.poll(() => told.length).toBe(2)
    const failing = await run()
    expect(failing.runs).toMatchObject([{ error: 'gone' }])
    expect(failing.observations.map(wordsOf)).toEqual(['KernelOops unknown CheckFailed', 'Lost unknown CheckFailed'])
    await clock.advance(500)
    await (await life(1)).tell({ findings: [healthy('KernelOops'), healthy('Lost', 'file:/x')] })
    expect(told.at(-1)?.withdrawn).toEqual([{ type: 'Lost', entity: '' }])
    expect(await run()).toMatchObject({ observations: [], runs: [{ error: '' }] })
  })

  it('proves what it names, also while it cannot follow', async () => {
    const { life, run, told } = following(folder, {
      create: () => () => Promise.resolve({ findings: [healthy('Lost')] }),
    })
    const first = await life(0)
    await first.tell({ findings: [problem('KernelOops')] })
    await run()
    first.fail(new Error('gone'))
    await expect.poll(() => told.length).toBe(2)
    expect(wordsOfAll(told.slice(1))).toEqual([['KernelOops unknown CheckFailed']])
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(['Lost healthy BelowLimit', 'KernelOops unknown CheckFailed'])
    expect(runs[0]?.error).toBe('gone')
  })

  it('says nothing of what was told since it began', async () => {
    const looked = Promise.withResolvers<void>()
    const both = async () => {
      await looked.promise
      return { findings: [healthy('KernelOops'), healthy('Lost')] }
    }
    const { life, run, clock } = following(folder, { create: () => both })
    const { tell } = await life(0)
    const running = run()
    await clock.advance(10)
    await tell({ findings: [problem('KernelOops')] })
    looked.resolve()
    expect((await running).observations.map(wordsOf)).toEqual(['Lost healthy BelowLimit'])
    expect((await run()).observations.map(wordsOf)).toEqual([
      'KernelOops healthy BelowLimit',
      'Lost healthy BelowLimit',
    ])
  })
})
