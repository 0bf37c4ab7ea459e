/** What is decided of files: by names, ages and sizes, and how much of that is held in memory. */
import { mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHostActs, type HeldFolder } from '#host/acts'
import { createHost } from '../../../libs/host/host.ts'
import { run, type TempFolder, tempFolder } from '../../../libs/host/testing.ts'
import { SIGHT } from '../../remediator/testing/questions.ts'
import { diskCleanup } from '../actions/disk-cleanup.ts'
import type { Tools } from '../actions/types.ts'
import { rulesOf } from './clean-disk.ts'
import { cleanFolders } from './clean-folders.ts'
import { diskAt } from './disk.ts'
import { type Aged, compareAge, createOldest } from './oldest.ts'
import { createOpenLook } from './open-look.ts'
import { parseCleanup } from './parameters.ts'
import { createReach } from './reach.ts'
import { createReport, shownName } from './report.ts'
import { isRotatedLog } from './rotated.ts'
import { isNone, missingTo, usedPercent } from './usage.ts'
import { type Found, walk, wayTo } from './walk.ts'
import { createWallClock, type Moment } from './wall-steps.ts'

describe('a rotated log', () => {
  it.each([
    'syslog.1',
    'syslog.2.gz',
    'messages-20261129',
    'messages-20261129.xz',
    '0.log.20261129-150405',
    '0.log.20261129-150405.gz',
    'kern-20261129.log',
    'app.2026-11-29.log',
    'app-2026-11-29-1.log.gz',
    'app.log.2026-11-29T10:00:00',
    'Xorg.0.log.old',
    'dmesg.0',
    'app.log.zst',
    'postgresql-2026-11-29_000000.log',
  ])('is %s', (name) => expect(isRotatedLog(name)).toBe(true))

  it.each([
    'syslog',
    'Xorg.0.log',
    'app.log',
    'lastlog',
    'system.journal',
    'user-1000@0005-1.journal~',
    'mysql-bin.000001',
    'libnss.so.2',
    'libx.so.1.2',
    'initial-status.gz',
    'data.tar.xz',
    'sa29',
    '.1',
    '1',
    '',
  ])('is not %s', (name) => expect(isRotatedLog(name)).toBe(false))

  it('is told of any name in a moment', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 255 }), (name) => void expect(isRotatedLog(name)).toBeTypeOf('boolean')),
    )
    const beganMs = performance.now()
    isRotatedLog(`${'-20261129'.repeat(28)}x`)
    expect(performance.now() - beganMs).toBeLessThan(100)
  })
})

describe('the oldest', () => {
  it('of any files are those that sorting all of them would say', () => {
    const item = fc.record({ timeMs: fc.integer({ min: 0, max: 20 }), inode: fc.bigInt({ min: 0n, max: 1_000n }) })
    fc.assert(
      fc.property(fc.array(item, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (items, max) => {
        const oldest = createOldest<Aged>(max)
        for (const each of items) oldest.add(each)
        expect(oldest.taken()).toEqual(items.toSorted(compareAge).slice(0, max))
      }),
    )
  })
})

describe('a disk', () => {
  const space = { sizeBytes: 1000, freeBytes: 100, availableBytes: 50, files: 100, filesFree: 90 }

  it('is as full as df says, or as its inodes are, and has missing what brings both to the limit', () => {
    expect(usedPercent(space)).toBeCloseTo(94.7, 1)
    expect(missingTo(space, 75)).toEqual({ bytes: 188, files: 0 })
    expect(missingTo({ ...space, filesFree: 10 }, 95)).toEqual({ bytes: 0, files: 0 })
    expect(missingTo({ ...space, filesFree: 0 }, 95)).toEqual({ bytes: 0, files: 5 })
    expect(usedPercent({ ...space, filesFree: 0 })).toBe(100)
    expect(usedPercent({ sizeBytes: 0, freeBytes: 0, availableBytes: 0, files: 0, filesFree: 0 })).toBe(0)
  })

  it('at its limit has nothing missing, and above it has', () => {
    const size = fc.integer({ min: 1, max: 2 ** 50 })
    fc.assert(
      fc.property(
        size,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 99 }),
        (sizeBytes, part, limit) => {
          const freeBytes = Math.floor(sizeBytes * part)
          const now = { sizeBytes, freeBytes, availableBytes: freeBytes, files: 0, filesFree: 0 }
          const { bytes } = missingTo(now, limit)
          expect(isNone({ bytes, files: 0 })).toBe(bytes === 0)
          const after = { ...now, freeBytes: freeBytes + bytes, availableBytes: freeBytes + bytes }
          expect(missingTo(after, limit).bytes).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

describe('a report', () => {
  it('shows any name without what would mean something to a terminal', () => {
    expect(shownName('a.1')).toBe('a.1')
    expect(shownName(Buffer.from('ü\n\u001b[31m\\').toString('latin1'))).toBe('ü\\u{a}\\u{1b}[31m\\\\')
    expect(shownName('\xff\n.1')).toBe('\\xff\\x0a.1')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => {
        expect(shownName(Buffer.from(bytes).toString('latin1'))).not.toMatch(/[\p{Cc}\p{Cf}]/u)
      }),
    )
  })

  it('of 100,000 files keeps 64 KiB', () => {
    const report = createReport()
    for (let at = 0; at < 100_000; at++) report.deleted('/var/log', `app.log.${at}`, 1024)
    const { output, isOutputCut } = report.output()
    expect(output.length).toBeLessThan(66_000)
    expect([isOutputCut, report.files, output.startsWith('deleted /var/log/app.log.0, ')]).toEqual([
      true,
      100_000,
      true,
    ])
  })
})

describe('a folder that is gone through', () => {
  const hold = async ({ path }: TempFolder): Promise<HeldFolder> => {
    const { folders } = createHostActs({ host: createHost({ root: '' }), clock: systemClock(), folder: '/nowhere' })
    const held = await folders.hold(path)
    if ('refused' in held) throw new Error(held.refused)
    return held
  }
  const walker = (found: (file: Found) => void, passed: string[] = []) => ({
    stop: new AbortController().signal,
    isWanted: () => true,
    isSpared: () => false,
    found,
    passed: (reason: string) => void passed.push(reason),
  })

  it('of 100,000 files holds few of them in memory, and no folder open behind it', async () => {
    await using folder = await tempFolder()
    const make = 'mkdir "$0" && cd "$0" && seq 25000 | xargs touch'
    for (const name of ['a', 'b', 'c', 'd']) await run('sh', '-c', make, join(folder.path, name))
    const held = await hold(folder)
    const oldest = createOldest<Aged & Found>(1_000)
    let count = 0
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let most = 0
    await walk(
      held,
      wayTo(undefined, '', held),
      walker((file) => {
        oldest.add({ ...file, timeMs: file.facts.writtenMs, inode: file.facts.inode })
        if (++count % 5_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before)
      }),
    )
    await held.close()
    expect([count, oldest.taken().length]).toEqual([100_000, 1_000])
    expect(most).toBeLessThan(64 * 1024 ** 2)
  }, 120_000)

  it('says what it does not enter, and goes no deeper than it may', async () => {
    await using folder = await tempFolder()
    const deep = Array.from({ length: 60 }, () => 'd').join('/')
    await mkdir(join(folder.path, deep), { recursive: true })
    await writeFile(join(folder.path, 'd/a'), '')
    await writeFile(join(folder.path, deep, 'b'), '')
    await symlink('/etc', join(folder.path, 'etc'))
    const held = await hold(folder)
    const passed: string[] = []
    const found: string[] = []
    const one = walker((file) => void found.push(file.name), passed)
    await walk(held, wayTo(undefined, '', held), one)
    await held.close()
    expect([found, passed]).toEqual([['a'], ['folders that lie too deep']])
  })

  it('is reached again only where it still is what and where it was', async () => {
    await using folder = await tempFolder()
    await using outside = await tempFolder()
    const at = (name: string) => join(folder.path, name)
    await mkdir(at('a/b'), { recursive: true })
    await writeFile(at('a/b/file'), '')
    const held = await hold(folder)
    const files: Found[] = []
    await walk(
      held,
      wayTo(undefined, '', held),
      walker((file) => void files.push(file)),
    )
    const [way] = files.map((file) => file.way)
    if (way === undefined) throw new Error('not found')
    const reach = createReach()
    expect(await reach(held, way)).toBeDefined()
    // It is held open, and somewhere else by now.
    await rename(at('a/b'), join(outside.path, 'b'))
    expect(await reach(held, way)).toBeUndefined()
    await symlink(join(outside.path, 'b'), at('a/b'))
    expect(await reach(held, way)).toBeUndefined()
    const fresh = createReach()
    expect(await fresh(held, way)).toBeUndefined()
    await rename(at('a/b'), at('a/link'))
    await mkdir(at('a/b'))
    expect(await fresh(held, way)).toBeUndefined()
    await rename(at('a/b'), at('a/other'))
    await rename(join(outside.path, 'b'), at('a/b'))
    expect(await fresh(held, way)).toBeDefined()
    for (const each of [reach, fresh, held]) await each.close()
  })

  it('has nothing deleted in it where nobody knows which files are open: in a container without the host’s bus', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'log'))
    await writeFile(join(folder.path, 'log/a.1'), 'x'.repeat(10_000))
    const [host, clock] = [createHost({ root: folder.path }), systemClock()]
    const acts = createHostActs({ host, clock, folder: join(folder.path, 'acts') })
    const disk = await diskAt(host, acts.folders, '/')
    if (typeof disk === 'string') throw new Error(disk)
    await using held = disk
    const report = createReport()
    const parameters = { ...parseCleanup({ logRoots: '["/log"]' }), logsOlderThanMs: 0 }
    const [rule] = rulesOf(parameters, { beforeMs: () => clock.now().getTime() + 60_000 })
    if (rule === undefined) throw new Error('no rule')
    const gauge = { missing: { bytes: 1, files: 1 }, freed: () => undefined, isDone: () => Promise.resolve(false) }
    const stop = new AbortController().signal
    await cleanFolders(rule, { id: '3f2a91c0-1', acts, clock, disk: held, gauge, spared: [], report, stop })
    expect(report.output().output).toMatch(/^logs: nothing is deleted, since nobody knows which files are open: .*bus/)
    expect(await readdir(join(folder.path, 'log'))).toEqual(['a.1'])
  })

  it('is not cleaned up at all where it could be foretold that nothing would go', async () => {
    await using folder = await tempFolder()
    for (const name of ['log', 'var/log/journal']) await mkdir(join(folder.path, name), { recursive: true })
    const [host, clock] = [createHost({ root: folder.path }), systemClock()]
    const acts = createHostActs({ host, clock, folder: join(folder.path, 'acts') })
    const wallClock = { look: () => Promise.reject(new Error('nobody looks')) }
    const tools = { host, acts, clock, wallClock, whyOpenUnknown: createOpenLook(acts, clock) } as unknown as Tools
    const parameters = { untilUsedPercent: '0', logRoots: '["/log"]', images: 'false' }
    const act = { strategy: 'disk-cleanup', target: 'disk:/', parameters, text: '' }
    // The journal can be vacuumed whoever has files open.
    expect(await diskCleanup.refusal(act, tools)).toBe('')
    await rm(join(folder.path, 'var'), { recursive: true })
    expect(await diskCleanup.refusal(act, tools)).toMatch(
      /^nobody knows which files are open: .*bus.*; images are not to be removed$/,
    )
  })

  it('has its message say what is not known, and not that nothing is left', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'log'))
    await writeFile(join(folder.path, 'log/a.1'), 'x'.repeat(10_000))
    await utimes(join(folder.path, 'log/a.1'), 0, 0)
    const [host, clock] = [createHost({ root: folder.path }), systemClock()]
    const acts = createHostActs({ host, clock, folder: join(folder.path, 'acts') })
    const end = (moment: () => Promise<Moment>, logRoots: string) => {
      const parameters = { untilUsedPercent: '0', logRoots, logsOlderThanMs: '60000', tempOlderThanMs: '60000' }
      const act = { strategy: 'disk-cleanup', target: 'disk:/', parameters, text: '' }
      const never = new AbortController().signal
      const wallClock = createWallClock(join(folder.path, 'clock.json'), moment)
      return diskCleanup.run(
        {
          ...{ id: '3f2a91c0-1', act, problem: SIGHT, deadlineMs: 20_000 },
          ...{ signal: never, cancel: never, recalled: undefined, note: () => Promise.resolve() },
        },
        {
          ...{ host, acts, clock, wallClock, ownDirs: [], journalDir: folder.path, criSockets: [] },
          whyOpenUnknown: () => Promise.resolve(''),
          ...{ minUptimeMs: 0, apiServers: () => Promise.resolve(undefined) },
        },
      )
    }
    const known = () => Promise.resolve({ wallMs: clock.now().getTime(), upMs: clock.monotonicMs() })
    const unknown = () => Promise.reject(new Error('/proc/uptime is not there'))
    const open = await end(known, '["/log"]')
    expect(open.outcome).toBe('failed')
    expect(open.message).toMatch(/0 files deleted, 0\.0 MiB; nobody knows which files are open: .*bus/)
    const clockless = await end(unknown, '["/log"]')
    expect(clockless.message).toContain('MiB; nobody knows whether the clock was set: /proc/uptime is not there')
    expect((await end(known, '[]')).message).toMatch(/0 files deleted, 0\.0 MiB; nothing is left that may go$/)
    expect(await readdir(join(folder.path, 'log'))).toEqual(['a.1'])
  })
})
