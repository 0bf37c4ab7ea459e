import { open, readdir, readFile, readlink, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#clock'
import { createGuard } from '../files/guard.ts'
import { tempFolder } from '../testing.ts'
import { createLogFolder } from './log-folder.ts'
import type { LogFolder } from './succession.ts'
import { createTailReader, type TailReader } from './tail-reader.ts'
import type { TailCursor, TailEvent, TailOptions } from './types.ts'

/** A log on the disk, as its writer and logrotate have it. */
function logIn(folder: string) {
  const path = join(folder, 'kern.log')
  const older = (n: number): string => (n === 0 ? path : `${path}.${n}`)
  async function shift(): Promise<void> {
    for (let n = 9; n >= 1; n--) await rename(older(n), older(n + 1)).catch(() => undefined)
  }
  return {
    path,
    older,
    async append(text: string): Promise<void> {
      await using file = await open(path, 'a')
      await file.write(text)
    },
    /** `create`: the log is renamed, and a new one made. */
    async rename(): Promise<void> {
      await shift()
      await rename(path, older(1)).catch(() => undefined)
      await writeFile(path, '')
    },
    /** `copytruncate`; `meanwhile` happens when half of the copy is made, and once more when all of it is. */
    async copyTruncate(meanwhile: () => Promise<unknown>): Promise<void> {
      await shift()
      const bytes = await readFile(path)
      await writeFile(older(1), bytes.subarray(0, bytes.length / 2))
      await meanwhile()
      await writeFile(older(1), bytes.subarray(bytes.length / 2), { flag: 'a' })
      await meanwhile()
      await truncate(path)
    },
  }
}

interface Heard {
  readonly lines: string[]
  lost: number
  cursor: TailCursor | undefined
}

/** What happens between one call on the folder and the next. */
interface Meanwhile {
  calls: number
  run: (() => Promise<void>) | undefined
}

function reader(path: string, from: TailOptions['from'], meanwhile?: Meanwhile): TailReader {
  const folder = createLogFolder(createGuard(2, systemClock()), '', path)
  async function then<T>(value: T): Promise<T> {
    if (meanwhile?.run === undefined || meanwhile.calls-- > 0) return value
    const { run } = meanwhile
    meanwhile.run = undefined
    await run()
    return value
  }
  const interrupted: LogFolder = {
    open: async () => then(await folder.open()),
    key: async () => then(await folder.key()),
    rotated: async () => then(await folder.rotated()),
    openRotated: async (file) => then(await folder.openRotated(file)),
  }
  return createTailReader(interrupted, { from, maxLineBytes: 65_536 })
}

async function hear(tail: TailReader, heard: Heard): Promise<readonly TailEvent[]> {
  const events: TailEvent[] = []
  for await (const event of tail.look()) {
    events.push(event)
    if (event.kind === 'lost') heard.lost++
    if (event.kind === 'lines') heard.lines.push(...event.lines.map(({ bytes }) => bytes.toString()))
    if (event.kind === 'lines') heard.cursor = event.lines.at(-1)?.cursor
  }
  return events
}

const nothing = (): Heard => ({ lines: [], lost: 0, cursor: undefined })

type Step =
  | { readonly kind: 'append'; readonly lines: number; readonly split: number }
  | { readonly kind: 'copyTruncate'; readonly looks: boolean }
  /** Half of a line, the log copied and emptied behind it, and its other half: seen, or read on from, in between. */
  | {
      readonly kind: 'half'
      readonly rotations: number
      readonly looks: boolean
      readonly resumes: readonly [boolean, boolean]
    }
  | { readonly kind: 'rename' | 'look' | 'resume' }
  /** A look, in the middle of which the log is rotated, more than once if need be, a line after each. */
  | { readonly kind: 'amid'; readonly calls: number; readonly rotations: number; readonly copies: boolean }

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      lines: fc.integer({ min: 1, max: 4 }),
      split: fc.integer({ min: 0, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('copyTruncate' as const), looks: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('half' as const),
      rotations: fc.integer({ min: 1, max: 2 }),
      looks: fc.boolean(),
      resumes: fc.tuple(fc.boolean(), fc.boolean()),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('amid' as const),
      calls: fc.integer({ min: 0, max: 5 }),
      rotations: fc.integer({ min: 1, max: 3 }),
      copies: fc.boolean(),
    }),
  },
)

/** Does what is asked, the reader looking only when a step says so; tells what was written and what was heard. */
async function play(steps: readonly Step[]) {
  await using folder = await tempFolder()
  const log = logIn(folder.path)
  await log.append('')
  const written: string[] = []
  const heard = nothing()
  const meanwhile: Meanwhile = { calls: 0, run: undefined }
  let tail = reader(log.path, 'start', meanwhile)
  /** No two begin alike, as with lines that begin with their time. */
  function write(count: number): string {
    const lines = Array.from({ length: count }, (_, i) => `${String.fromCharCode(35 + written.length + i)} says x`)
    written.push(...lines)
    return `${lines.join('\n')}\n`
  }
  function resume(): void {
    if (heard.cursor === undefined) return
    tail.close()
    tail = reader(log.path, heard.cursor, meanwhile)
  }
  /** With the place of the half that waits for the other. */
  async function hearAll(): Promise<void> {
    const caughtUp = (await hear(tail, heard)).at(-1)
    if (caughtUp?.kind === 'caught-up') heard.cursor = caughtUp.cursor
  }
  async function half({ rotations, looks, resumes }: Extract<Step, { kind: 'half' }>): Promise<void> {
    const text = write(1)
    const parts = [text.slice(0, 3), text.slice(3, 5), text.slice(5)]
    await log.append(parts[0] ?? '')
    await hearAll()
    if (resumes[0]) resume()
    for (let n = 0; n < rotations; n++) {
      await log.copyTruncate(() => Promise.resolve())
      if (looks) await hearAll()
      if (looks && resumes[1]) resume()
      await log.append(parts[n + 1] ?? '')
    }
    await log.append(parts.slice(rotations + 1).join(''))
  }
  async function amid({ calls, rotations, copies }: Extract<Step, { kind: 'amid' }>): Promise<void> {
    meanwhile.calls = calls
    meanwhile.run = async () => {
      for (let n = 0; n < rotations; n++) {
        await (copies ? log.copyTruncate(() => Promise.resolve()) : log.rename())
        await log.append(write(1))
      }
    }
    await hear(tail, heard)
    meanwhile.run = undefined
  }
  await hear(tail, heard)
  for (const step of steps) {
    if (step.kind === 'append') {
      const text = write(step.lines)
      await log.append(text.slice(0, step.split))
      await hear(tail, heard)
      await log.append(text.slice(step.split))
    } else if (step.kind === 'look') await hear(tail, heard)
    else if (step.kind === 'amid') await amid(step)
    else if (step.kind === 'resume') resume()
    else if (step.kind === 'half') await half(step)
    else if (step.kind === 'rename') await log.rename()
    else if (step.kind === 'copyTruncate')
      await log.copyTruncate(() => (step.looks ? hear(tail, heard) : Promise.resolve()))
  }
  await hear(tail, heard)
  tail.close()
  return { written, heard }
}

test('whatever is appended and rotated between its looks, every line is told once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 14 }), async (steps) => {
      const { written, heard } = await play(steps)
      expect(heard).toMatchObject({ lines: written, lost: 0 })
    }),
    { numRuns: 150 },
  )
})

/** Which of a folder's files this process holds open. */
async function held(folder: string): Promise<string[]> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((path) => path.startsWith(folder))
}

test.for([
  ['the half of a line that a rename left', 'half', 1],
  ['what was written before a rename, once the log was read', 'late\n', 2],
] as const)('who stops at %s holds no file open', async ([, text, stopsAt]) => {
  await using folder = await tempFolder()
  const log = logIn(folder.path)
  await log.append('one\n')
  const tail = reader(log.path, 'start')
  async function rotate(): Promise<void> {
    await log.append(text)
    await log.rename()
    await log.append('two\n')
  }
  if (stopsAt === 1) {
    await hear(tail, nothing())
    await rotate()
  }
  let heard = 0
  for await (const { kind } of tail.look()) {
    if (kind !== 'lines') continue
    if (++heard === stopsAt) break
    await rotate()
  }
  tail.close()
  await expect.poll(() => held(folder.path), { interval: 5, timeout: 2000 }).toEqual([])
})

/** Writes a file until it was written later than then, by the clock of the file system. @returns when */
async function laterThan(ms: number, path: string, text = ''): Promise<number> {
  for (;;) {
    await writeFile(path, text)
    const { mtimeMs } = await stat(path)
    if (mtimeMs > ms) return mtimeMs
  }
}

test.for(['start', 'end'] as const)(
  'what was written into a log that was empty, and copied away before it was read on, is told: from the %s',
  async (from) => {
    await using folder = await tempFolder()
    const log = logIn(folder.path)
    await log.append('old\n')
    await log.rename()
    const emptied = await laterThan((await stat(log.older(1))).birthtimeMs, log.path)
    const before = reader(log.path, from)
    const caughtUp = (await hear(before, nothing())).at(-1)
    before.close()
    expect(caughtUp).toMatchObject({ kind: 'caught-up', cursor: { offset: 0 } })
    if (caughtUp?.kind !== 'caught-up' || caughtUp.cursor === undefined) return
    // Whoever wrote to it before goes on to: no news either.
    await laterThan(emptied, log.older(1), 'old\n')
    await log.append('one\ntwo,')
    await log.copyTruncate(() => Promise.resolve())
    await log.append(' in halves\n')
    async function goOn(at: TailCursor) {
      const after = reader(log.path, at)
      const heard = nothing()
      await hear(after, heard)
      after.close()
      return heard
    }
    expect(await goOn(caughtUp.cursor)).toMatchObject({ lines: ['one', 'two, in halves'], lost: 0 })
    await rename(log.older(1), `${log.older(1)}.gz`)
    expect(await goOn(caughtUp.cursor)).toMatchObject({ lines: [' in halves'], lost: 1 })
  },
)
