import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { renderEvent } from '#view'
import { someEvent } from '../../../libs/view/testing.ts'
import { scratchFolder } from '../testing.ts'
import { at, MIB, NONE, opened, problem, START } from './testing-history.ts'

describe('the file', () => {
  it('is readable by the group at most and lies in its own folder', async () => {
    const { history, clock, dir } = await opened()
    history.condition(problem(at(clock)))
    await history.flush()
    expect(statSync(join(dir, 'history.db')).mode & 0o777).toBe(0o640)
    expect(statSync(dir).mode & 0o777).toBe(0o750)
    expect(readdirSync(dir).sort()).toEqual(['.probe', 'history.db', 'history.db-wal'])
  })

  it('starts anew when it is damaged, says so, and is well after that', async () => {
    const first = await opened()
    first.history.condition(problem(at(first.clock, 100)))
    await first.history.close()
    writeFileSync(join(first.dir, 'history.db'), 'not a database'.repeat(1000))
    const { history, log, clock } = await opened({ dir: first.dir })
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'the history was damaged and starts anew' }),
    )
    history.condition(problem(at(clock)))
    const view = await history.query('1h', NONE)
    expect(view).toMatchObject({ note: 'The history was damaged and starts anew.', knownFrom: START.toISOString() })
    expect(view.lanes).toHaveLength(1)
    expect(history.stats().onDisk).toBe(true)
    await clock.advance(2 * 3_600_000)
    expect((await history.query('1h', NONE)).note).toBe('')
  })

  it('starts anew when its end was torn off', async () => {
    const first = await opened()
    for (let i = 0; i < 500; i++) first.history.condition(problem(at(first.clock), { entity: `disk:/mnt/${i}` }))
    await first.history.close()
    truncateSync(join(first.dir, 'history.db'), 8192)
    const { history } = await opened({ dir: first.dir })
    expect((await history.query('1h', NONE)).note).toContain('damaged')
  })

  it('is replaced by memory where it cannot be made, and says why', async () => {
    const dir = await scratchFolder(onTestFinished)
    writeFileSync(join(dir, 'history'), 'a file where the folder should be')
    const { history, clock } = await opened({ dir: join(dir, 'history') })
    history.condition(problem(at(clock)))
    const view = await history.query('1h', NONE)
    expect(view.note).toMatch(
      /^The history cannot be kept on disk \(.*EEXIST.*\); it is in memory and ends with this process\.$/,
    )
    expect(view.lanes).toHaveLength(1)
    expect(history.stats().onDisk).toBe(false)
  })

  it('takes over from memory when the disk can be written again', async () => {
    const base = await scratchFolder(onTestFinished)
    const dir = join(base, 'history')
    mkdirSync(dir)
    mkdirSync(join(dir, 'history.db'))
    const { history, clock } = await opened({ dir })
    history.condition(problem(at(clock)))
    history.event(renderEvent(someEvent({ lastSeen: at(clock) }), START))
    history.sample(new Map([['cpu_load_per_core', 0.5]]))
    await clock.advance(15_000)
    await history.turn()
    expect(history.stats().onDisk).toBe(false)
    const { rmdirSync } = await import('node:fs')
    rmdirSync(join(dir, 'history.db'))
    await clock.advance(60_000)
    await history.turn()
    expect(history.stats().onDisk).toBe(true)
    await history.close()
    const again = await opened({ dir, clock })
    const view = await again.history.query('1h', NONE)
    expect(view.note).toBe('')
    expect(view.lanes.map(({ label }) => label).sort()).toEqual(['/var full', 'OOMKilling'])
    expect(view.series).toHaveLength(1)
  })

  it('stays within its limit, and says how far back it knows', async () => {
    const { history, clock, dir } = await opened({ maxBytes: 3 * MIB })
    const noise = 'x'.repeat(900)
    for (let i = 0; i < 6000; i++) {
      if (i % 400 === 0) {
        await history.flush()
        await clock.advance(120_000)
        await history.turn()
      }
      const seen = { firstSeen: clock.now(), lastSeen: clock.now() }
      history.event(renderEvent(someEvent({ id: `e${i}`, message: noise, ...seen }), START))
    }
    await history.flush()
    await clock.advance(600_000)
    await history.turn()
    const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    expect(bytes).toBeLessThan(4 * MIB)
    const { knownFrom, note } = await history.query('1w', NONE)
    expect(note).toBe('')
    expect(Date.parse(knownFrom)).toBeGreaterThan(START.getTime())
    expect(history.stats()).toMatchObject({ onDisk: true, dropped: 0 })
  })
})

describe('a storm', () => {
  it('drops what is spare beyond five thousand waiting facts, and counts it', async () => {
    const { history, clock } = await opened()
    history.event(renderEvent(someEvent({ id: 'first', lastSeen: at(clock) }), START))
    await history.flush()
    for (let i = 0; i < 6000; i++) history.event(renderEvent(someEvent({ id: `e${i}`, lastSeen: at(clock) }), START))
    history.condition(problem(at(clock)))
    expect(history.stats().dropped).toBe(1000)
    expect((await history.query('1h', NONE)).lanes.map(({ label }) => label)).toContain('/var full')
  })
})
