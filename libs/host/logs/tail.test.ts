import { appendFile, mkdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { run, tempFolder } from '../testing.ts'
import type { TailEvent, TailLine, TailOptions } from './types.ts'

/** The net is far away: what a test awaits comes from the kernel. */
const FAR_MS = 600_000

async function temp(): Promise<string> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  return folder.path
}

function follow(root: string, path: string, options: Partial<TailOptions> = {}) {
  const stop = new AbortController()
  const events: TailEvent[] = []
  const reading = (async () => {
    const { logs } = createHost({ root })
    const whole: TailOptions = { from: 'start', lookMs: FAR_MS, gapMs: 0, ...options, signal: stop.signal }
    for await (const event of logs.tail(path, whole)) events.push(event)
  })()
  async function end(): Promise<void> {
    stop.abort()
    await reading
  }
  onTestFinished(end)
  const lines = (): TailLine[] => events.flatMap((event) => (event.kind === 'lines' ? event.lines : []))
  const texts = (): string[] => lines().map(({ bytes }) => bytes.toString())
  return {
    events,
    lines,
    texts,
    end,
    kinds: () => events.map(({ kind }) => kind),
    caughtUp: () => expect.poll(() => events.at(-1)?.kind, { interval: 5 }).toBe('caught-up'),
    heard: (...expected: string[]) => expect.poll(texts, { interval: 5, timeout: 10_000 }).toEqual(expected),
  }
}

test('tells lines as they are written, and a line that is not whole when it is', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'one\ntw')
  const tail = follow('', path)
  await tail.heard('one')
  await appendFile(path, 'o\nthree\n')
  await tail.heard('one', 'two', 'three')
})

test('waits for a file that is not there yet, and neither is its folder', async () => {
  const folder = await temp()
  const path = join(folder, 'log', 'a.log')
  const tail = follow('', path, { from: 'end' })
  await tail.caughtUp()
  await mkdir(join(folder, 'log'))
  await writeFile(path, 'one\n')
  await tail.heard('one')
})

test('a file that is made later and is empty was read to its end, and its first line is told', async () => {
  const path = join(await temp(), 'a.log')
  const tail = follow('', path)
  await tail.caughtUp()
  expect(tail.events.at(-1)).toEqual({ kind: 'caught-up', cursor: undefined })
  await writeFile(path, '')
  await expect
    .poll(() => tail.events.at(-1), { interval: 5 })
    .toMatchObject({ kind: 'caught-up', cursor: { offset: 0 } })
  await appendFile(path, 'one\n')
  await tail.heard('one')
})

test('from the end only what is written from now on is told, whole lines alone', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'old\nhal')
  const tail = follow('', path, { from: 'end' })
  await tail.caughtUp()
  await appendFile(path, 'f\nnew\n')
  await tail.heard('new')
})

test('goes on in the new file when the old one was renamed, with what was written to the old one until then', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, '1\n')
  const tail = follow('', path)
  await tail.heard('1')
  await rename(path, `${path}.1`)
  await appendFile(`${path}.1`, '2\nhal')
  await tail.heard('1', '2')
  await writeFile(path, '')
  await appendFile(`${path}.1`, 'f\nend')
  await writeFile(path, '3\n')
  await tail.heard('1', '2', 'half', 'end', '3')
  expect(tail.lines().map(({ isWhole }) => isWhole)).toEqual([true, true, true, false, true])
})

test('loses nothing beside a rotation of either kind, done as logrotate does it', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, '0\n')
  const tail = follow('', path)
  await tail.heard('0')
  const expected = ['0']
  const shift = 'for n in 4 3 2 1; do [ ! -e "$0.$n" ] || mv "$0.$n" "$0.$((n + 1))"; done'
  const rotations = [`${shift}; mv "$0" "$0.1"; : > "$0"`, `${shift}; cp "$0" "$0.1"; : > "$0"`]
  for (let n = 0; n < 6; n++) {
    await run('sh', '-c', `echo "before ${n}" >> "$0"; ${rotations[n % 2]}; echo "after ${n}" >> "$0"`, path)
    expected.push(`before ${n}`, `after ${n}`)
  }
  await tail.heard(...expected)
  expect(tail.kinds()).not.toContain('lost')
})

test('what was emptied without a copy is told as lost', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'one\ntwo\n')
  const tail = follow('', path)
  await tail.heard('one', 'two')
  await truncate(path)
  await appendFile(path, 'x\n')
  await tail.heard('one', 'two', 'x')
  expect(tail.events.filter(({ kind }) => kind === 'lost')).toEqual([{ kind: 'lost', why: 'truncated' }])
})

test('a cursor is found again in a file that was rotated meanwhile; what is nowhere is told as lost', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, '1\n2\n3\n')
  const first = follow('', path)
  await first.heard('1', '2', '3')
  await first.end()
  const { cursor } = first.lines()[1]!
  expect(cursor).toEqual({
    inode: expect.stringMatching(/^\d+$/) as string,
    offset: 4,
    head: { bytes: 4, crc: '69e17861' },
  })

  await rename(path, `${path}.1`)
  await writeFile(path, '4\n')
  const second = follow('', path, { from: cursor })
  await second.heard('3', '4')
  await second.end()

  await rm(`${path}.1`)
  const third = follow('', path, { from: cursor })
  await third.heard('4')
  expect(third.events[0]).toEqual({ kind: 'lost', why: 'not-found' })
})

test('follows a link to the file it leads to now, below the root', async () => {
  const root = await temp()
  await mkdir(join(root, 'pods'))
  await writeFile(join(root, 'pods', '0.log'), 'one\n')
  await symlink('/pods/0.log', join(root, 'a.log'))
  const tail = follow(root, '/a.log')
  await tail.heard('one')
  await rename(join(root, 'pods', '0.log'), join(root, 'pods', '0.log.20261129-150405'))
  await writeFile(join(root, 'pods', '0.log'), 'two\n')
  await tail.heard('one', 'two')
})

test('a link that is given another target, as those of containers are, is followed with what was left in the old one', async () => {
  const root = await temp()
  for (const pod of ['a', 'b']) await mkdir(join(root, 'pods', pod), { recursive: true })
  await writeFile(join(root, 'pods', 'a', '0.log'), 'one\n')
  await mkdir(join(root, 'containers'))
  const link = join(root, 'containers', 'x.log')
  await symlink('/pods/a/0.log', link)
  const tail = follow(root, '/containers/x.log')
  await tail.heard('one')
  await tail.caughtUp()
  await appendFile(join(root, 'pods', 'a', '0.log'), 'last of a\n')
  await writeFile(join(root, 'pods', 'b', '1.log'), 'first of b\n')
  await symlink('/pods/b/1.log', `${link}.new`)
  await rename(`${link}.new`, link)
  await tail.heard('one', 'last of a', 'first of b')
  await appendFile(join(root, 'pods', 'b', '1.log'), 'the kernel tells\n')
  await tail.heard('one', 'last of a', 'first of b', 'the kernel tells')
  expect(tail.kinds()).not.toContain('lost')
})

test('who was told no line yet has a cursor all the same, also in the middle of a line', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'old\nhal')
  const first = follow('', path, { from: 'end' })
  await first.caughtUp()
  await first.end()
  const [event] = first.events
  expect(event).toMatchObject({ kind: 'caught-up', cursor: { offset: 7 } })
  await appendFile(path, 'f\nnew\n')
  await rename(path, `${path}.1`)
  await writeFile(path, 'newer\n')
  const second = follow('', path, { from: event?.kind === 'caught-up' && event.cursor ? event.cursor : 'start' })
  await second.heard('new', 'newer')

  await appendFile(path, 'par')
  const third = follow('', path)
  await third.heard('newer')
  await third.caughtUp()
  expect(third.events.at(-1)).toMatchObject({ kind: 'caught-up', cursor: { offset: 6 } })
})

test('a line that goes on in the file that its beginning was copied out of has a cursor in the copy', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'one\nhal')
  const tail = follow('', path)
  await tail.heard('one')
  await tail.caughtUp()
  await run('sh', '-c', 'cp "$0" "$0.1"; : > "$0"', path)
  const { ino } = await stat(`${path}.1`)
  const last = (): unknown => {
    const event = tail.events.at(-1)
    return event?.kind === 'caught-up' && event.cursor
  }
  await expect.poll(last, { interval: 5 }).toMatchObject({ inode: String(ino), offset: 4 })
  expect(tail.events.filter(({ kind }) => kind === 'lost')).toEqual([])
  await appendFile(path, 'f\n')
  await tail.heard('one', 'half')
  await expect.poll(last, { interval: 5 }).toMatchObject({ offset: 2 })
})

test.for([
  { says: 'behind whole lines', first: 'one\nhal', told: ['one'] },
  { says: 'as all there is', first: 'hal', told: [] },
])('half of a line, $says, is one with its other half behind a copy that was made while nobody read', async (story) => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, story.first)
  const first = follow('', path)
  await first.heard(...story.told)
  await first.caughtUp()
  await first.end()
  const event = first.events.at(-1)
  await run('sh', '-c', 'cp "$0" "$0.1"; : > "$0"; printf "f\\ntwo\\nthi" >> "$0"', path)
  const second = follow('', path, { from: event?.kind === 'caught-up' && event.cursor ? event.cursor : 'start' })
  await second.heard('half', 'two')
  await second.caughtUp()
  await run('sh', '-c', 'mv "$0.1" "$0.2"; cp "$0" "$0.1"; : > "$0"', path)
  await expect
    .poll(() => second.events.at(-1), { interval: 5 })
    .toMatchObject({ cursor: { goesOnIn: expect.any(String) as string } })
  await second.end()
  const last = second.events.at(-1)
  await appendFile(path, 'rd\n')
  const third = follow('', path, { from: last?.kind === 'caught-up' && last.cursor ? last.cursor : 'start' })
  await third.heard('third')
  expect([...second.kinds(), ...third.kinds()]).not.toContain('lost')
})

test('a line beyond 64 KiB is cut, and what is missing is counted', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, `${'x'.repeat(70_000)}\nnext\n`)
  const tail = follow('', path)
  await expect.poll(() => tail.lines().length, { interval: 5 }).toBe(2)
  expect(tail.lines().map(({ bytes, cutBytes }) => [bytes.length, cutBytes])).toEqual([
    [65_536, 4_464],
    [4, 0],
  ])
})

test('what is no plain file is told once, and read when it is one', async () => {
  const path = join(await temp(), 'a.log')
  await mkdir(path)
  const tail = follow('', path, { lookMs: 20 })
  await expect.poll(tail.kinds, { interval: 5 }).toEqual(['unreadable'])
  expect(tail.events[0]).toMatchObject({
    error: { message: `cannot open ${path}: NOT_A_FILE; a folder, a pipe or a device stands there; name a plain file` },
  })
  await rm(path, { recursive: true })
  await writeFile(path, 'one\n')
  await tail.heard('one')
})

test('a file of gigabytes in which no line ends keeps nobody from ending the tail', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'one\n')
  await truncate(path, 10 * 1024 ** 3)
  const tail = follow('', path)
  await tail.heard('one')
  const ended = tail.end().then(() => 'ended')
  // It would be read for longer than that.
  expect(
    await Promise.race([
      ended,
      systemClock()
        .sleep(2_000)
        .then(() => 'reads on'),
    ]),
  ).toBe('ended')
  expect(tail.kinds()).toEqual(['lines'])
})

test('who does not ask for more is not read for', async () => {
  const path = join(await temp(), 'a.log')
  await writeFile(path, 'one\n')
  const stop = new AbortController()
  const tail = createHost({ root: '' }).logs.tail(path, { from: 'start', signal: stop.signal, lookMs: FAR_MS })
  expect(await tail.next()).toMatchObject({ value: { kind: 'lines' } })
  await appendFile(path, 'two\n')
  await tail.return?.(undefined)
  expect(await tail.next()).toEqual({ done: true, value: undefined })
})
