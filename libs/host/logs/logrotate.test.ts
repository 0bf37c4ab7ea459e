import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createGuard } from '../files/guard.ts'
import { createHost } from '../host.ts'
import { run, tempFolder } from '../testing.ts'
import { createLogFolder } from './log-folder.ts'
import { createTailReader, type TailReader } from './tail-reader.ts'
import type { TailCursor } from './types.ts'

const hasLogrotate = await run('logrotate', '--version').then(
  () => true,
  () => false,
)

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

/** A log and a logrotate of its own, that rotates whenever it is run. */
async function rotating(...directives: readonly string[]) {
  const folder = await temp()
  const path = join(folder, 'kern.log')
  const config = join(folder, 'rotate.conf')
  const state = join(folder, 'state')
  await writeFile(path, '')
  await writeFile(config, `${path} {\n  rotate 20\n  size 1\n  su root root\n  ${directives.join('\n  ')}\n}\n`)
  return {
    path,
    append: (...lines: string[]) => appendFile(path, lines.map((line) => `${line}\n`).join('')),
    rotate: () => run('logrotate', '--force', '--state', state, config),
  }
}

function reader(path: string, from: 'start' | TailCursor = 'start') {
  const folder = createLogFolder(createGuard(2, systemClock()), '', path)
  const tail: TailReader = createTailReader(folder, { from, maxLineBytes: 65_536 })
  onTestFinished(() => tail.close())
  let cursor: TailCursor | undefined
  return {
    cursor: () => cursor!,
    async look(): Promise<string[]> {
      const said: string[] = []
      for await (const event of tail.look()) {
        if (event.kind === 'lost') said.push(`lost: ${event.why}`)
        if (event.kind === 'lines') said.push(...event.lines.map(({ bytes }) => String(bytes)))
        if (event.kind === 'lines') cursor = event.lines.at(-1)?.cursor
      }
      return said
    },
  }
}

test.skipIf(!hasLogrotate).for([
  [['create'], 3],
  [['copytruncate'], 3],
  [['create', 'extension .log'], 3],
  [['create', 'compress', 'delaycompress'], 2],
  // It rotates once a second at most: two would have one name.
  [['create', 'dateext', 'dateformat -%Y%m%d-%s'], 1],
] as const)(
  'between two looks logrotate may rotate a log with "%s", %i times, and all is told',
  async ([how, times]) => {
    const log = await rotating(...how)
    const { look } = reader(log.path)
    await log.append('0 says')
    expect(await look()).toEqual(['0 says'])
    const expected: string[] = []
    for (let n = 1; n <= times; n++) {
      await log.append(`${n} says`)
      await log.rotate()
      await log.append(`${n} says more`)
      expected.push(`${n} says`, `${n} says more`)
    }
    expect(await look()).toEqual(expected)
  },
)

test.skipIf(!hasLogrotate)(
  'what logrotate compressed before it was read is told as lost, and what stands is read',
  async () => {
    const log = await rotating('create', 'compress', 'delaycompress')
    const first = reader(log.path)
    await log.append('1 says')
    expect(await first.look()).toEqual(['1 says'])
    for (const n of [2, 3, 4]) {
      await log.append(`${n} says`)
      // Compressed files are known by their time, to the second.
      await run('touch', '-d', `2030-01-01 00:00:0${n}`, log.path)
      await log.rotate()
    }
    await log.append('5 says')
    expect(await first.look()).toEqual(['2 says', 'lost: compressed', '4 says', '5 says'])
  },
)

test.skipIf(!hasLogrotate)('a cursor goes on behind rotations by logrotate', async () => {
  const log = await rotating('create')
  const before = reader(log.path)
  await log.append('1 says', '2 says')
  expect(await before.look()).toEqual(['1 says', '2 says'])
  await log.append('3 says')
  for (const n of [4, 5]) {
    await log.rotate()
    await log.append(`${n} says`)
  }
  expect(await reader(log.path, before.cursor()).look()).toEqual(['3 says', '4 says', '5 says'])
})

test.for([
  ['renamed', 'mv "$0" "$0.1"; : > "$0"'],
  ['copied and emptied', 'cp "$0" "$0.1"; : > "$0"'],
  ['both in turns', '[ $((n % 2)) = 0 ] && mv "$0" "$0.1" || cp "$0" "$0.1"; : > "$0"'],
] as const)('a log that is %s without a pause loses nothing, however often between two looks', async ([, rotate]) => {
  const path = join(await temp(), 'kern.log')
  await writeFile(path, '')
  const stop = new AbortController()
  const heard: string[] = []
  const { promise: begun, resolve: caughtUp } = Promise.withResolvers<void>()
  const following = (async () => {
    for await (const event of createHost({ root: '' }).logs.tail(path, { from: 'start', signal: stop.signal })) {
      if (event.kind === 'caught-up') caughtUp()
      if (event.kind === 'lost') heard.push(`lost: ${event.why}`)
      if (event.kind === 'lines') heard.push(...event.lines.map(({ bytes }) => String(bytes)))
    }
  })()
  onTestFinished(async () => {
    stop.abort()
    await following
  })
  const script = `for n in $(seq 1 25); do
    for s in $(seq 29 -1 1); do [ ! -e "$0.$s" ] || mv "$0.$s" "$0.$((s + 1))"; done
    ${rotate}; echo "$n says" >> "$0"; done`
  await begun
  await run('sh', '-c', script, path)
  await expect.poll(() => heard.at(-1), { interval: 5, timeout: 10_000 }).toBe('25 says')
  expect(heard).toEqual(Array.from({ length: 25 }, (_, n) => `${n + 1} says`))
})
