import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, readlink, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createGuard } from '../files/guard.ts'
import { tempFolder } from '../testing.ts'
import { tailFile } from './tail.ts'

/** The net is far away: what a test awaits comes from the kernel. */
const FAR_MS = 600_000

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

/** Follows a log, and counts how often it was looked for to be listened at. */
function follow(path: string, gapMs?: number) {
  const clock = systemClock()
  const guard = createGuard(2, clock)
  const stop = new AbortController()
  const heard: string[] = []
  let askedFor = 0
  let isCaughtUp = false
  const threads: typeof guard = {
    run(call, ...rest) {
      if (call.action === 'look for') askedFor++
      return guard.run(call, ...rest)
    },
    get hung() {
      return guard.hung
    },
  }
  const reading = (async () => {
    const options = {
      from: 'start' as const,
      signal: stop.signal,
      lookMs: FAR_MS,
      ...(gapMs !== undefined && { gapMs }),
    }
    for await (const event of tailFile({ threads, root: '', clock }, path, options)) {
      isCaughtUp ||= event.kind === 'caught-up'
      if (event.kind === 'lines') heard.push(...event.lines.map(({ bytes }) => String(bytes)))
    }
  })()
  onTestFinished(async () => {
    stop.abort()
    await reading
  })
  return {
    heard,
    askedFor: () => askedFor,
    caughtUp: () => expect.poll(() => isCaughtUp, { interval: 2 }).toBe(true),
    hears: (line: string) => expect.poll(() => heard.at(-1), { interval: 2, timeout: 10_000 }).toBe(line),
  }
}

/** How many watches this process has asked the kernel for. */
async function watches(): Promise<number> {
  let count = 0
  for (const fd of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== 'anon_inode:inotify') continue
    count += (await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')).match(/^inotify wd/gm)?.length ?? 0
  }
  return count
}

test('what is listened at is looked for once, not for each line', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, '')
  const tail = follow(path, 0)
  await tail.caughtUp()
  await appendFile(path, 'first\n')
  await tail.hears('first')
  const before = tail.askedFor()
  for (let n = 0; n < 20; n++) {
    await appendFile(path, `line ${n}\n`)
    await tail.hears(`line ${n}`)
  }
  expect(tail.askedFor()).toBe(before)
})

test('a log that is written faster than it is looked at is not listened at, until it is not written any more', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, '')
  const tail = follow(path)
  await tail.caughtUp()
  expect(await watches()).toBe(2)
  let written = 0
  const writing = setInterval(() => appendFileSync(path, `line ${written++}\n`), 2)
  await expect.poll(watches, { interval: 2, timeout: 10_000 }).toBe(0)
  clearInterval(writing)
  await tail.hears(`line ${written - 1}`)
  expect(tail.heard).toHaveLength(written)
  await expect.poll(watches, { interval: 2, timeout: 10_000 }).toBe(2)
  await appendFile(path, 'the kernel tells\n')
  await tail.hears('the kernel tells')
})

test('a folder that is given another name and made anew is followed', async () => {
  const folder = join(await temp(), 'pod')
  await mkdir(folder)
  await writeFile(join(folder, 'a.log'), 'old\n')
  const tail = follow(join(folder, 'a.log'))
  await tail.hears('old')
  await rename(folder, `${folder}.old`)
  await mkdir(folder)
  await writeFile(join(folder, 'a.log'), 'new\n')
  await tail.hears('new')
  await appendFile(join(folder, 'a.log'), 'and more\n')
  await tail.hears('and more')
})
