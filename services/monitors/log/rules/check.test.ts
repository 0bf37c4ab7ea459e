import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { checkOf, down, healthOf, now, recover, startCheck } from './testing-check.ts'
import { caughtUp, said, scriptedLog } from './testing-log.ts'
import { lineOf, rulesOf } from './testing-rules.ts'

describe('a log that is followed', () => {
  test('is healthy once all of it was read, and not before', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {} })
    await using following = check.follow()
    expect((await check.run()).findings).toEqual([])
    log.tell(said(now(check.clock, 'quiet', 1)), caughtUp(1))
    expect(healthOf(await following.next())).toEqual([])
    expect(healthOf(await following.next())).toEqual(['LinkDown  healthy NoLineSaysSo'])
    await expect.poll(() => following.isFollowing).toBe(true)
    expect(healthOf(await check.run())).toEqual(['LinkDown  healthy NoLineSaysSo'])
  })

  test('tells a condition at once, and withdraws that nothing was said', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf({ ...down, recover }) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    log.tell(said(now(check.clock, 'down a', 1)))
    const raised = await following.next()
    expect(healthOf(raised)).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(raised.withdrawn).toEqual([{ type: 'LinkDown', entity: '' }])
    log.tell(said(now(check.clock, 'up a', 2)))
    expect(healthOf(await following.next())).toEqual(['LinkDown nic:a healthy Recovered'])
    check.clock.pass(600_000)
    const later = await check.run()
    expect(healthOf(later)).toEqual(['LinkDown  healthy NoLineSaysSo'])
    expect(later.withdrawn).toEqual([{ type: 'LinkDown', entity: 'nic:a' }])
  })

  test('that comes and goes in one batch is told both, one after the other', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf({ ...down, recover }) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    log.tell(said(now(check.clock, 'down a', 1), now(check.clock, 'up a', 2)))
    const [first, second] = [await following.next(), await following.next()]
    expect([first, second].map(healthOf)).toEqual([
      ['LinkDown nic:a problem LinkLost'],
      ['LinkDown nic:a healthy Recovered'],
    ])
    // Until both are told, the first is read again.
    expect([first.cursor, second.cursor]).toEqual([undefined, expect.objectContaining({ from: 2 })])
  })

  test('an event has its key, its cursor, and the entity of the check where there are several', async () => {
    const log = scriptedLog()
    const rules = rulesOf({ match: 'oops' })
    const check = startCheck(checkOf(log, { rules, isOneOfMany: true }), { root: '', config: {} })
    await using following = check.follow()
    const line = now(check.clock, 'oops', 7)
    log.tell(said(line))
    const { events, cursor } = await following.next()
    expect(events).toMatchObject([
      { reason: 'Matched', message: 'oops', entity: 'log-test', key: `line 7 ${rules[0]?.id}`, at: line.at },
    ])
    expect(cursor).toMatchObject({ from: 7, upTo: 'line 7', lines: 0 })
  })

  test('what is lost is said and counted; what cannot be read is unknown, and known again when it can', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell({ kind: 'lost', count: 3, why: 'overwritten' }, said(now(check.clock, 'down a', 1)))
    expect((await following.next()).events).toMatchObject([
      { reason: 'LogLinesLost', message: '3 lines of the log were lost: overwritten' },
    ])
    await following.next()
    log.tell({ kind: 'unreadable', reason: 'cannot read it: EIO' })
    expect(healthOf(await following.next())).toEqual([
      'LogSourceUnreadable  problem LogSourceUnreadable',
      'LinkDown nic:a unknown LogSourceUnreadable',
    ])
    const { findings, metrics = [] } = await check.run()
    expect(findings.map(({ type }) => type)).toEqual(['LogSourceUnreadable'])
    expect(metrics).toContainEqual({ name: 'log_lines_lost_total', labels: { check: 'log-test' }, value: 3 })
    log.tell(caughtUp(1))
    const again = await following.next()
    expect(healthOf(again)).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(again.findings).toContainEqual(expect.objectContaining({ type: 'LogSourceUnreadable', health: 'healthy' }))
  })

  const closed = { kind: 'unreadable', reason: 'it is closed to us; run as root', isClosed: true } as const

  test('a log that is closed to us is no problem but unknown, and of what was never read nothing else is said', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(closed)
    const { findings } = await following.next()
    expect(findings).toEqual([
      {
        ...{ type: 'LogSourceUnreadable', health: 'unknown', reason: 'LogSourceClosed' },
        message: 'it is closed to us; run as root',
      },
    ])
    expect((await check.run()).findings).toEqual(findings)
    log.tell(caughtUp(0))
    expect(healthOf(await following.next())).toEqual(['LinkDown  healthy NoLineSaysSo'])
  })

  test('of a log that is closed to us by now all that was known of it is unknown', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    log.tell(closed)
    expect(healthOf(await following.next())).toEqual([
      'LogSourceUnreadable  unknown LogSourceClosed',
      'LinkDown  unknown LogSourceClosed',
    ])
  })

  test('what no line says again for long enough is over by a turn', async () => {
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover: { absentFor: 60_000, reboot: false } })
    const check = startCheck(checkOf(log, { rules }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(said(now(check.clock, 'down a', 1)), caughtUp(1))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    expect(healthOf(await check.run())).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run(59_999))).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a healthy NotSeenAgain'])
  })

  test('what was written while this process stood still is not absent', async () => {
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover: { absentFor: 60_000, reboot: false } }, { match: 'oops' })
    const check = startCheck(checkOf(log, { rules }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(said(now(check.clock, 'down a', 1)), caughtUp(1))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    await check.run()
    // Its turn comes before it gets to the log.
    expect(healthOf(await check.run(90_000))).toEqual(['LinkDown nic:a problem LinkLost'])
    log.tell(said(now(check.clock, 'down a', 2, 40_000), now(check.clock, 'oops', 3)), caughtUp(3))
    await expect.poll(async () => (await following.next()).events?.length).toBe(1)
    expect(healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a problem LinkLost'])
    await expect.poll(async () => healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a healthy NotSeenAgain'])
  })

  test('a line is seen when it comes, whatever it says of the time', async () => {
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover: { absentFor: 60_000, reboot: false } })
    const check = startCheck(checkOf(log, { rules }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    check.clock.step(3_600_000)
    log.tell(said(now(check.clock, 'down a', 1, 3_600_000)), caughtUp(1))
    expect(healthOf(await following.next())).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run())).toEqual(['LinkDown nic:a problem LinkLost'])
    await expect.poll(async () => healthOf(await check.run(20_000))).toEqual(['LinkDown nic:a healthy NotSeenAgain'])
  })

  test('what lines say that wait unread is not absent', async () => {
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover: { absentFor: 60_000, reboot: false } }, { match: 'oops' })
    const check = startCheck(checkOf(log, { rules }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(said(now(check.clock, 'down a', 1)), caughtUp(1))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    const go = following.hold()
    log.tell(said(now(check.clock, 'oops', 2)))
    await expect.poll(async () => (await following.next()).events?.length).toBe(1)
    check.clock.pass(30_000)
    log.tell(said(now(check.clock, 'down a', 3)), caughtUp(3))
    await check.run()
    expect(healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a problem LinkLost'])
    go()
    await expect.poll(async () => healthOf(await check.run(1000))).toEqual(['LinkDown nic:a problem LinkLost'])
  })

  test('what a person cleared is over, until a line says it again', async () => {
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {} })
    await using following = check.follow()
    log.tell(said(now(check.clock, 'down a', 1)), caughtUp(1))
    await following.next()
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    check.clear('LinkDown', 'nic:a')
    expect(healthOf(await check.run())).toEqual(['LinkDown nic:a healthy Cleared'])
    log.tell(said(now(check.clock, 'down a', 2)))
    expect(healthOf(await following.next())).toContain('LinkDown nic:a problem LinkLost')
  })
})

describe('a log that is read from its beginning', () => {
  test('says what still holds of what stood there, and no event that is over', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const clock = handClock()
    const rules = rulesOf(
      { ...down, recover },
      { match: 'oops' },
      { match: 'old', condition: 'Old', recover: { absentFor: 60_000, reboot: false } },
    )
    const check = startCheck(checkOf(log, { rules, hasHistory: true }), {
      ...{ root: '', config: {}, clock, stateFolder: folder.path },
    })
    log.tell(
      said(now(clock, 'down a', 1, 9e6), now(clock, 'old', 2, 9e6), now(clock, 'oops 1', 3, 9e6)),
      said(now(clock, 'down b', 4, 8e6), now(clock, 'up b', 5, 7e6), now(clock, 'oops 2', 6, 1000)),
      caughtUp(6),
    )
    await using following = check.follow()
    const first = await following.next()
    expect(healthOf(first)).toEqual(expect.arrayContaining(['LinkDown nic:a problem LinkLost']))
    expect(healthOf(first).filter((text) => text.includes('problem'))).toHaveLength(1)
    expect(first.events?.map(({ message }) => message)).toEqual(['oops 2'])
    expect(first.cursor).toMatchObject({ from: 6 })
  })
})

describe('the next process', () => {
  test('goes on behind the last line that was told, and knows what is raised', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover })
    const clock = handClock()
    const setting = { root: '', config: {}, clock, stateFolder: folder.path }
    log.tell(said(now(clock, 'down a', 1)))
    const before = startCheck(checkOf(log, { rules }), setting)
    const first = before.follow()
    const { cursor } = await first.next()
    await first.stop()

    const after = startCheck(checkOf(log, { rules }), setting)
    await using second = after.follow(JSON.parse(JSON.stringify(cursor)))
    log.tell(said(now(clock, 'down b', 2)), caughtUp(2))
    expect(healthOf(await second.next())).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await second.next())).toEqual(['LinkDown nic:b problem LinkLost'])
    expect(log.begins).toEqual([undefined, 1])
    log.tell(said(now(clock, 'up a', 3)))
    await second.next()
    expect(healthOf(await second.next())).toEqual(['LinkDown nic:a healthy Recovered'])
    // It knows all there is, so that what only an earlier life said may end.
    expect((await after.run()).partial).toBe(false)
  })

  test('lets go of what a person cleared before it was known that it is raised', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const setting = { root: '', config: {}, stateFolder: folder.path }
    const first = startCheck(checkOf(log, { rules: rulesOf(down) }), setting).follow()
    log.tell(said(lineOf('down a', 1)))
    await first.next()
    await first.stop()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), setting)
    check.clear('LinkDown', 'nic:a')
    await using second = check.follow({ from: 1, upTo: 'line 1', lines: 0 })
    log.tell(caughtUp(1))
    expect(healthOf(await second.next())).toEqual(['LinkDown nic:a healthy Cleared'])
  })

  test('takes a line for no older than the place behind which it stands', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const rules = rulesOf({ ...down, recover: { absentFor: 60_000, reboot: false } })
    const clock = handClock()
    const setting = { root: '', config: {}, clock, stateFolder: folder.path }
    const before = startCheck(checkOf(log, { rules }), setting).follow()
    log.tell(caughtUp(0))
    const { cursor } = await before.next()
    await before.stop()
    clock.pass(30_000)
    const later = scriptedLog()
    later.tell(said(now(clock, 'down a', 1, 3_600_000)), caughtUp(1))
    const check = startCheck(checkOf(later, { rules }), setting)
    await using after = check.follow(JSON.parse(JSON.stringify(cursor)))
    await expect.poll(() => after.isFollowing).toBe(true)
    expect(healthOf(await check.run())).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run(35_000))).toEqual(['LinkDown nic:a problem LinkLost'])
    expect(healthOf(await check.run(30_000))).toEqual(['LinkDown nic:a healthy NotSeenAgain'])
  })

  test('reads again what raised a condition that could not be kept', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const stateFolder = join(folder.path, 'state')
    await writeFile(stateFolder, 'no folder')
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {}, stateFolder })
    await using following = check.follow()
    log.tell(said(now(check.clock, 'down a', 1)))
    const raised = await following.next()
    expect([healthOf(raised), raised.cursor]).toEqual([['LinkDown nic:a problem LinkLost'], undefined])
    await rm(stateFolder)
    await mkdir(stateFolder)
    await check.run()
    log.tell(said(now(check.clock, 'down b', 2)))
    await expect.poll(async () => (await following.next()).cursor).toMatchObject({ from: 2 })
  })

  test('of another boot knows no more what a reboot ends', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    const rules = rulesOf(
      { ...down, recover: { reboot: true } },
      { match: 'kept (\\w)', condition: 'Kept', recover: { reboot: false } },
    )
    const clock = handClock()
    const setting = { root: '', config: {}, clock, stateFolder: folder.path }
    log.tell(said(now(clock, 'down a', 1), now(clock, 'kept a', 2)))
    const first = startCheck(checkOf(log, { rules }), setting).follow()
    await first.next()
    await first.stop()

    const path = join(folder.path, 'raised.json')
    const kept = JSON.parse(await readFile(path, 'utf8')) as { bootId: string }
    expect(kept.bootId).not.toBe('')
    await writeFile(path, JSON.stringify({ ...kept, bootId: 'of another boot' }))
    await using second = startCheck(checkOf(log, { rules }), setting).follow({ from: 2, upTo: '', lines: 0 })
    log.tell(caughtUp(2))
    expect(healthOf(await second.next())).toEqual(['Kept  problem Matched'])
  })

  test('that cannot know what was raised ends nothing that it does not know', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'raised.json'), '{')
    const log = scriptedLog()
    const check = startCheck(checkOf(log, { rules: rulesOf(down) }), { root: '', config: {}, stateFolder: folder.path })
    await using following = check.follow({ from: 2, upTo: '', lines: 0 })
    log.tell(caughtUp(2))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    expect((await check.run()).partial).toBe(true)
  })
})
