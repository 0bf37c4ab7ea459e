/** Real disks that are full, on a real machine: what goes, what stays, and who tries to have more deleted. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { link, mkdir, readdir, readFile, rm, stat, statfs, symlink, utimes, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoopMount, mountLoop, run, type TempFolder, tempFolder } from '../../libs/host/testing.ts'
import { whyNoSystemd } from '../../libs/host/units/testing-systemd.ts'
import { act, startMachine, type TestMachine } from './testing-machine.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`disk-cleanup on a real disk: ${why}`)

const MIB = 1024 ** 2
const DAY_S = 86_400
const SECTION = `diskCleanup: { untilUsedPercent: 50, journalMaxBytes: 1048576, images: false,
  logRoots: [/data/log, /more/log, /more/link], tempRoots: [/data/tmp, /more/tmp] }`
const PARAMETERS = {
  untilUsedPercent: '50',
  journalMaxBytes: '1048576',
  images: 'false',
  logRoots: '["/data/log","/more/log","/more/link"]',
  logsOlderThanMs: '259200000',
  tempRoots: '["/data/tmp","/more/tmp"]',
  tempOlderThanMs: '604800000',
}
let attempts = 0
const id = (): string => `3f2a91c0-${++attempts}`
const cleanup = (path: string, more = {}) => act('disk-cleanup', `disk:${path}`, { ...PARAMETERS, ...more })

/** A file of some size that was written so many days ago. */
async function aged(path: string | Buffer, days: number, bytes = 0): Promise<void> {
  await writeFile(path, Buffer.alloc(bytes))
  const at = Date.now() / 1000 - days * DAY_S
  await utimes(path, at, at)
}

/** Files of a disk that were neither written, read nor changed for years: what the kernel says of its own accord cannot be set. */
async function forgotten(folder: string, mount: string, paths: readonly string[]): Promise<void> {
  const inodes = await Promise.all(paths.map(async (path) => (await stat(path)).ino))
  await run('umount', mount)
  const fields = ['atime', 'mtime', 'ctime'].flatMap((field) => inodes.map((ino) => `sif <${ino}> ${field} 20200101`))
  await writeFile(join(folder, 'sif'), `${fields.join('\n')}\n`)
  await run('debugfs', '-w', '-f', join(folder, 'sif'), join(folder, 'image'))
  await run('mount', '-o', 'loop', join(folder, 'image'), mount)
}

describe.skipIf(why !== '')('disk-cleanup', () => {
  let machine: TestMachine
  let folders: readonly TempFolder[]
  let data: LoopMount
  let more: LoopMount
  const names = async (path: string): Promise<readonly string[]> =>
    (await readdir(path, 'latin1')).toSorted().filter((name) => name !== 'lost+found')

  /** A second try begins as the first did; what nobody touched for years is there once. */
  async function anew({ path }: LoopMount): Promise<void> {
    await machine.inside('sh', '-c', 'umount /more/log/bound /more/log/other 2>/dev/null; true')
    for (const name of ['log', 'real', 'link', 'big']) await rm(join(path, name), { recursive: true, force: true })
    for (const name of ['log/deep', 'real']) await mkdir(join(path, name), { recursive: true })
  }

  beforeAll(async () => {
    folders = [await tempFolder(), await tempFolder()]
    const [one, two] = folders.map(({ path }) => path) as [string, string]
    const ext4 = ['mkfs.ext4', '-q', '-F', '-m', '0'] as const
    data = await mountLoop(one, 64, ext4)
    more = await mountLoop(two, 64, ext4)
    for (const name of ['tmp', 'journal']) await mkdir(join(data.path, name), { recursive: true })
    for (const name of ['tmp/in']) await mkdir(join(more.path, name), { recursive: true })
    for (const name of ['old', 'held', 'in/old']) await writeFile(join(more.path, 'tmp', name), Buffer.alloc(MIB))
    await forgotten(
      two,
      more.path,
      ['old', 'held', 'in/old'].map((name) => join(more.path, 'tmp', name)),
    )
    const holds = (path: string) => `[Service]\nExecStart=/bin/sh -c "exec sleep infinity 3<${path}"\n`
    machine = await startMachine(
      { 'nd-holds.service': holds('/data/log/held.1'), 'nd-holds-more.service': holds('/more/tmp/held') },
      ['path: /data', 'path: /more'].map((path) => `strategy: disk-cleanup, ${path}`),
      {
        binds: [`${data.path}:/data`, `${more.path}:/more`, `${join(data.path, 'journal')}:/var/log/journal`],
        section: SECTION,
      },
    )
    await machine.start()
  }, 60_000)
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    for (const each of [data, more, ...(folders ?? [])]) await each?.[Symbol.asyncDispose]()
  }, 30_000)

  it('frees a full disk, the oldest first, until it is at its limit, and leaves what is open, new or no rotated log', async () => {
    const log = (name: string): string => join(data.path, 'log', name)
    await anew(data)
    const journal = join(data.path, 'journal', (await machine.inside('cat', '/etc/machine-id')).trim())
    const archived = `system@${'a'.repeat(32)}-${'0'.repeat(15)}1-${'0'.repeat(15)}1.journal`
    await mkdir(journal, { recursive: true })
    await writeFile(join(journal, archived), Buffer.alloc(2 * MIB))
    await aged(log('held.1'), 90, 2 * MIB)
    await machine.systemctl('start', 'nd-holds')
    for (const days of [70, 60, 50, 40, 30, 20, 10]) await aged(log(`deep/app.log.${days}.gz`), days, 5 * MIB)
    await aged(log('young.1'), 1, MIB)
    await aged(log('app.log'), 99, MIB)
    const fill = 'head -c 100M /dev/zero >"$0"; while echo >>"$0"; do :; done'
    await run('sh', '-c', `(${fill}) 2>/dev/null; true`, log('fills'))
    expect((await statfs(data.path)).bavail).toBe(0)
    const told = await machine.run(id(), cleanup('/data'))
    expect(told).toMatchObject({ outcome: 'succeeded' })
    expect(told.message).toMatch(
      /^\/data is at [45]\d(\.\d)? %, was at 100 %, limit 50 %: [56] files deleted, \d+\.0 MiB$/,
    )
    const { bavail, bsize } = await statfs(data.path)
    expect(told.figures[0]).toEqual({ what: 'free on /data', before: 0, after: bavail * bsize, unit: 'bytes' })
    const gone = (told.output.match(/(?<=^deleted \/data\/log\/deep\/app\.log\.)\d+/gm) ?? []).map(Number)
    expect(gone).toEqual([70, 60, 50, 40, 30, 20].slice(0, gone.length))
    expect(await names(log('deep'))).toEqual(['10', '20'].slice(0, 7 - gone.length).map((days) => `app.log.${days}.gz`))
    expect(await names(log('.'))).toEqual(['app.log', 'deep', 'fills', 'held.1', 'young.1'])
    expect(await names(journal)).toEqual([])
    expect(told.output).toContain('left alone: logs: open files, 1')
    expect(await machine.can(cleanup('/data'))).toMatch(/^\/data is at [45]\d(\.\d)? %, and is cleaned up to 50 %$/)
  }, 40_000)

  it('deletes nothing behind a link, on another mount, or that has another name, whatever names files have', async () => {
    const at = (name: string | Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${more.path}/log/`), Buffer.from(name as string)])
    await anew(more)
    const hostile = [
      '-rf.1',
      '--.1',
      '$(reboot).1',
      '; rm -rf ~.1',
      'a\nb.1',
      '\u202e.1',
      ' .1',
      `${'x'.repeat(253)}.1`,
    ]
    for (const name of hostile) await aged(at(name), 50)
    await aged(at(Buffer.from([0xff, 0xfe, 0x2e, 0x31])), 50)
    // What is none of these: other kinds, other mounts, of the same file system too, other names, links to any of it.
    const elsewhere = join(more.path, 'real')
    await aged(join(elsewhere, 'kept.1'), 50)
    await aged(at('linked.1'), 50)
    await link(at('linked.1'), join(elsewhere, 'linked'))
    await symlink(join('..', 'real', 'kept.1'), at('link.1'))
    await symlink('../real', at('folder'))
    await symlink('real', join(more.path, 'link'))
    await run('mkfifo', String(at('pipe.1')))
    for (const name of ['bound', 'other']) await mkdir(at(name))
    await machine.inside('mount', '--bind', '/more/real', '/more/log/bound')
    await machine.inside('mount', '-t', 'tmpfs', 'nd', '/more/log/other')
    await machine.inside('touch', '-d', '2020-01-01', '/more/log/other/kept.1')
    await run('fallocate', '-l', '40M', join(more.path, 'big'))
    await machine.systemctl('start', 'nd-holds-more')
    const told = await machine.run(id(), cleanup('/more'))
    expect(told).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(
        /^\/more is at \d+(\.\d)? %, was at \d+(\.\d)? %, limit 50 %: 11 files deleted, 2\.0 MiB; nothing is left that may go$/,
      ),
    })
    expect(await names(join(more.path, 'log'))).toEqual([
      'bound',
      'deep',
      'folder',
      'link.1',
      'linked.1',
      'other',
      'pipe.1',
    ])
    expect(await names(elsewhere)).toEqual(['kept.1', 'linked'])
    expect(await machine.inside('ls', '/more/log/other')).toBe('kept.1\n')
    expect(await names(join(more.path, 'tmp'))).toEqual(['held', 'in'])
    for (const line of [
      'logs: /more/link is left alone: it is a link, or no folder, or lies behind one',
      'deleted /more/log/a\\u{a}b.1, 0.0 MiB',
      'deleted /more/log/\\xff\\xfe.1, 0.0 MiB',
      'deleted /more/log/\\u{202e}.1, 0.0 MiB',
      'deleted /more/tmp/in/old, 1.0 MiB',
      'left alone: logs: other mounts, 2',
      'left alone: logs: files with other names, 1',
      'left alone: temporary files: open files, 1',
    ])
      expect(told.output.split('\n')).toContain(line)
  }, 40_000)

  it('deletes nothing outside of its roots while folders in one are swapped for links all the time', async () => {
    await anew(more)
    const [log, outside] = [join(more.path, 'log'), join(more.path, 'real')]
    const each = Array.from({ length: 100 }, (_, at) => String(at))
    for (const name of [...each, join(outside, 'in')]) {
      await mkdir(resolve(log, name))
      for (const file of ['a.1', 'b.1']) await aged(resolve(log, name, file), 50)
    }
    for (const name of each) await symlink('../real/in', join(log, `${name}.link`))
    await run('fallocate', '-l', '40M', join(more.path, 'big'))
    // The name of a folder is that of a link half of the time. And one is moved out, and back.
    const swaps = `const { renameSync } = require('node:fs'); const [log, out] = process.argv.slice(1); process.chdir(log); console.log('up')
      for (;;) for (let at = 0; at < 100; at++) {
        renameSync(at + '', at + '.folder'); renameSync(at + '.link', at + '')
        const past = (at + 50) % 100
        try { renameSync(past + '', past + '.link'); renameSync(past + '.folder', past + '') } catch {}
        renameSync('deep', out + '/deep'); renameSync(out + '/deep', 'deep')
      }`
    await aged(join(log, 'deep/a.1'), 50)
    const swapper = spawn(process.execPath, ['-e', swaps, log, outside], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(swapper.stdout, 'data')
    const told = await machine.run(id(), cleanup('/more'))
    swapper.kill('SIGKILL')
    await once(swapper, 'exit')
    expect(told).toMatchObject({ outcome: 'failed' })
    expect(await names(join(outside, 'in'))).toEqual(['a.1', 'b.1'])
  }, 60_000)

  it('is lost when its process is killed in the middle, and told by how the disk stands', async () => {
    await anew(more)
    const outside = join(more.path, 'real')
    await aged(join(outside, 'kept.1'), 50)
    for (let at = 0; at < 1_500; at++) await aged(join(more.path, 'log/deep', `a${at}.1`), 50)
    await run('fallocate', '-l', '40M', join(more.path, 'big'))
    const attempt = id()
    const cut = machine.run(attempt, cleanup('/more')).catch((err: unknown) => String(err))
    const left = async (): Promise<number> => (await readdir(join(more.path, 'log/deep'))).length
    await expect.poll(left, { timeout: 20_000, interval: 1 }).toBeLessThan(1_500)
    await machine.kill()
    expect(await cut).toContain('UNAVAILABLE')
    const rest = await left()
    await machine.start()
    expect(await machine.run(attempt, cleanup('/more'))).toMatchObject({ outcome: 'lost', joined: true })
    expect(await left()).toBe(rest)
    expect(rest).toBeGreaterThan(0)
    expect(await names(outside)).toEqual(['kept.1'])
    expect(await machine.run(id(), cleanup('/more'))).toMatchObject({ outcome: 'failed' })
    expect(await left()).toBe(0)
  }, 60_000)

  it('ends with its time, and when it is called off, and says what it did', async () => {
    await anew(more)
    await run('fallocate', '-l', '40M', join(more.path, 'big'))
    await aged(join(more.path, 'log/a.1'), 50)
    const attempt = id()
    const begun = Promise.withResolvers<void>()
    const called = machine.run(attempt, cleanup('/more'), undefined, begun.resolve)
    await begun.promise
    expect(await machine.cancel(attempt)).toBe(true)
    expect(await called).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/limit 50 %: 0 files deleted, 0\.0 MiB; the attempt was called off$/),
    })
    expect(await machine.run(id(), cleanup('/more'), 1_000)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/; (its time was over|nothing is left that may go)$/),
    })
  }, 40_000)

  it('deletes nothing that only a clock makes old which was set forward, also over a kill, and says so', async () => {
    await anew(more)
    await run('fallocate', '-l', '40M', join(more.path, 'big'))
    await aged(join(more.path, 'log/a.1'), 20)
    await aged(join(more.path, 'log/b.1'), 50)
    await machine.kill()
    // As it was seen a second before it was set.
    const upMs = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]) * 1000 - 1000
    const clock = join(machine.shared, 'run/host-actions/clock.json')
    const was = await readFile(clock)
    await writeFile(clock, JSON.stringify({ last: { wallMs: Date.now() - 30 * DAY_S * 1000, upMs }, steps: [] }))
    await machine.start()
    const told = await machine.run(id(), cleanup('/more'))
    expect(told.output).toContain(
      'the clock was set forward by 43200 min: files may be as much younger than they look\n',
    )
    expect(await names(join(more.path, 'log'))).toEqual(['a.1', 'deep'])
    await machine.kill()
    await writeFile(clock, was)
    await machine.start()
    await machine.run(id(), cleanup('/more'))
    expect(await names(join(more.path, 'log'))).toEqual(['deep'])
  }, 60_000)

  it('is done by nobody who says other folders than the configuration', async () => {
    const lies = [
      cleanup('/data', { logRoots: '["/data/log","/more/log","/"]' }),
      cleanup('/data', { tempRoots: '["/etc"]' }),
      cleanup('/data', { tempOlderThanMs: '0' }),
      cleanup('/data', { untilUsedPercent: '1' }),
      cleanup('/etc'),
      cleanup('/data/../etc'),
    ]
    for (const lie of lies)
      expect(await machine.run(id(), lie)).toMatchObject({
        outcome: 'declined',
        message: expect.stringMatching(/^the configuration has (other parameters for|no) disk-cleanup/),
      })
  })
})
