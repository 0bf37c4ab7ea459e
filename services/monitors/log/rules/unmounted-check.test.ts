import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { tempFolder, writeTree } from '../../../../libs/host/testing.ts'
import { checkOf, healthOf, now, startCheck } from './testing-check.ts'
import { caughtUp, said, scriptedLog } from './testing-log.ts'
import { rulesOf } from './testing-rules.ts'

const BOOT = { 'proc/sys/kernel/random/boot_id': '8f0e21a4-5b4d-4a51-9a0e-2f6e0f1c3a77\n' }

describe('a file system', () => {
  const match = 'XFS \\((?P<dev>\\w+)\\): shut down'
  const ends = { reboot: true, unmounted: true }
  const rules = rulesOf({ match, entity: 'disk:${dev}', condition: 'ShutDown', reason: 'Stopped', recover: ends })

  test('is over two turns after the kernel lists it no more, and not while the list cannot be read', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    await writeTree(folder.path, { ...BOOT, 'sys/fs/xfs/stats/x': '', 'sys/fs/xfs/sdb/x': '' })
    const check = startCheck(checkOf(log, { rules }), { root: folder.path, config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    log.tell(said(now(check.clock, 'XFS (sdb): shut down', 1)))
    const stands = ['ShutDown disk:sdb problem Stopped']
    expect(healthOf(await following.next())).toEqual(stands)
    await expect.poll(() => following.isFollowing).toBe(true)
    for (let turn = 0; turn < 3; turn++) expect(healthOf(await check.run())).toEqual(stands)
    await rm(join(folder.path, 'sys'), { recursive: true })
    for (let turn = 0; turn < 3; turn++) expect(healthOf(await check.run())).toEqual(stands)
    await writeTree(folder.path, { 'sys/fs/xfs/stats/x': '' })
    expect(healthOf(await check.run())).toEqual(stands)
    expect(healthOf(await check.run())).toEqual(['ShutDown disk:sdb healthy Unmounted'])
  })

  test('of another machine, whose log this is, is held against nothing that is mounted here', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    await writeTree(folder.path, { ...BOOT, 'sys/fs/xfs/stats/x': '' })
    const check = startCheck(checkOf(log, { rules, isOfHost: false }), { root: folder.path, config: {} })
    await using following = check.follow()
    log.tell(caughtUp(0))
    await following.next()
    log.tell(said(now(check.clock, 'XFS (sdb): shut down', 1)))
    const stands = ['ShutDown disk:sdb problem Stopped']
    expect(healthOf(await following.next())).toEqual(stands)
    await expect.poll(() => following.isFollowing).toBe(true)
    for (let turn = 0; turn < 4; turn++) expect(healthOf(await check.run())).toEqual(stands)
  })

  test('that was unmounted just now is held over a restart too, and told where it is listed', async () => {
    await using folder = await tempFolder()
    const log = scriptedLog()
    await writeTree(folder.path, { ...BOOT, 'sys/fs/xfs/stats/x': '', 'sys/fs/xfs/sdb/x': '', 'state/x': '' })
    const [clock, stateFolder] = [handClock(), join(folder.path, 'state')]
    const around = { root: folder.path, config: {}, clock, stateFolder }
    const start = () => startCheck(checkOf(log, { rules }), around)
    const before = start()
    let cursor: unknown
    {
      await using following = before.follow()
      log.tell(caughtUp(0))
      await following.next()
      await expect.poll(() => following.isFollowing).toBe(true)
      log.tell(said(now(clock, 'XFS (sdb): Unmounting Filesystem', 1), now(clock, 'XFS (sdb): shut down', 2)))
      clock.pass(30_000)
      log.tell(said(now(clock, 'quiet', 3)))
      const { findings, cursor: at } = await following.next()
      expect(findings.filter(({ health }) => health === 'problem')).toEqual([])
      cursor = at
    }
    const after = start()
    await using following = after.follow(cursor)
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    await after.run()
    expect(healthOf(await after.run(60_000))).toEqual(['ShutDown disk:sdb problem Stopped'])
  })
})
