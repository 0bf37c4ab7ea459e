import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { spawnChild } from '../programs/child.ts'
import { run, tempFolder, whyNoMounts } from '../testing.ts'
import type { WatchOptions } from './types.ts'

/** Nothing is told but what the kernel says, or the net finds. */
const NEVER_MS = 2 ** 30
const NET_MS = 50

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

function listing(path: string, options: Partial<WatchOptions> = {}) {
  const { files } = createHost({ root: '' })
  const stop = new AbortController()
  const seen: string[] = []
  const look = async (): Promise<void> => {
    seen.push((await files.list(path).catch(() => ['(none)'])).join(' '))
  }
  const ended = files.watch(path, look, {
    signal: stop.signal,
    lookMs: NEVER_MS,
    netMs: NET_MS,
    gapMs: 0,
    settleMs: 0,
    ...options,
  })
  onTestFinished(async () => {
    stop.abort()
    await ended
  })
  return { seen, saw: (names: string) => expect.poll(() => seen.at(-1), { interval: 5 }).toBe(names) }
}

test('what the kernel had no room to tell is found', async () => {
  const path = await temp()
  const [storm, quiet] = [join(path, 'storm'), join(path, 'quiet')]
  for (const each of [storm, quiet]) await mkdir(each)
  // Both share one queue; this one takes what fills it.
  const stormy = listing(storm, { netMs: NEVER_MS })
  const watched = listing(quiet)
  await stormy.saw('')
  await watched.saw('')
  const room = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'))
  // In one turn: this process reads nothing of the queue meanwhile.
  for (let made = 0; made < room; made++) {
    writeFileSync(join(storm, String(made % 100)), '')
    rmSync(join(storm, String(made % 100)))
  }
  mkdirSync(join(quiet, 'lost'))
  await watched.saw('lost')
})

test('a parent that is given another name is noticed', async () => {
  const path = await temp()
  await mkdir(join(path, 'a', 'b'), { recursive: true })
  const watched = listing(join(path, 'a', 'b'))
  await watched.saw('')
  await rename(join(path, 'a'), join(path, 'c'))
  await mkdir(join(path, 'a', 'b', 'new'), { recursive: true })
  await watched.saw('new')
  await writeFile(join(path, 'a', 'b', 'and more'), '')
  await watched.saw('and more new')
})

test.skipIf(whyNoMounts() !== '')('a mount over a watched folder is noticed, and listened at', async () => {
  const path = await temp()
  const watched = listing(path)
  await watched.saw('')
  await run('mount', '-t', 'tmpfs', 'none', path)
  onTestFinished(() => run('umount', '--lazy', path).then(() => undefined))
  await writeFile(join(path, 'a'), '')
  await watched.saw('a')
  await writeFile(join(path, 'b'), '')
  await watched.saw('a b')
})

test('where nothing has changed nobody is told', async () => {
  const path = await temp()
  let looked = 0
  const clock = systemClock()
  const counting = {
    ...clock,
    after: (ms: number, act: () => void) =>
      clock.after(ms, () => {
        looked++
        act()
      }),
  }
  const stop = new AbortController()
  let told = 0
  const ended = createHost({ root: '', clock: counting }).files.watch(path, () => void told++, {
    signal: stop.signal,
    lookMs: NEVER_MS,
    netMs: 5,
  })
  await expect.poll(() => looked, { interval: 5 }).toBeGreaterThan(5)
  stop.abort()
  await ended
  expect(told).toBe(1)
})

/** In a user namespace of its own, where a process may have no watches until it is told that it may. */
const BLIND = `
import { createHost } from '${join(import.meta.dirname, '..', 'host.ts')}'
import { readdirSync, writeFileSync } from 'node:fs'
const [folder, log] = process.argv.slice(1)
const { files, logs } = createHost({ root: '' })
const signal = new AbortController().signal
process.on('SIGUSR1', () => { writeFileSync('/proc/sys/user/max_inotify_instances', '10'); console.log('may') })
void files.watch(folder, () => console.log('names', readdirSync(folder).join(' ')), { signal, lookMs: ${NEVER_MS}, blindLookMs: 50 })
for await (const event of logs.tail(log, { from: 'start', signal, lookMs: ${NEVER_MS} })) {
  if (event.kind === 'lines') for (const { bytes } of event.lines) console.log('line', String(bytes))
}
`

const mayUnshare = await run('unshare', '--user', '--map-root-user', 'true').then(
  () => true,
  () => false,
)

test.skipIf(!mayUnshare)(
  'where the limit of watches is reached it is looked instead, until there are some again',
  async () => {
    const path = await temp()
    const [folder, log] = [join(path, 'watched'), join(path, 'a.log')]
    await mkdir(folder)
    await writeFile(log, '')
    const said: string[] = []
    const node = [process.execPath, '--input-type=module', '-e', BLIND, folder, log]
    const script = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"'
    const child = await spawnChild(
      systemClock(),
      'unshare',
      ['--user', '--map-root-user', 'sh', '-c', script, 'sh', ...node],
      { cwd: import.meta.dirname, onLine: (line) => void said.push(line.trim()) },
    )
    onTestFinished(() => void child.stop(0))
    const says = (line: string) => expect.poll(() => said, { timeout: 10_000, interval: 5 }).toContain(line)
    await says('names')
    await writeFile(join(folder, 'a'), '')
    await says('names a')
    await writeFile(log, '1\n')
    await says('line 1')
    process.kill(child.pid, 'SIGUSR1')
    await says('may')
    await writeFile(log, '1\n2\n')
    await says('line 2')
    await expect.poll(() => watchesOf(child.pid), { timeout: 10_000 }).toBeGreaterThan(2)
  },
)

/** How many watches a process has. */
function watchesOf(pid: number): number {
  const fds = Array.from({ length: 64 }, (_, fd) => fd)
  const infos = fds.map((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')
    } catch {
      return ''
    }
  })
  return infos.join('').match(/^inotify wd/gm)?.length ?? 0
}
