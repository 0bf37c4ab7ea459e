import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { smallDisk } from '../durable/testing.ts'
import { tempFolder } from '../host/testing.ts'
import { keepLog } from '../service/testing.ts'
import { createCursorFile } from './cursor-file.ts'
import { CURSOR_BYTES_MAX } from './cursor-place.ts'
import { createPatience, HANGS_MS } from './patience.ts'
import { createStateFolder, stateFolderPath } from './state-folder.ts'

let folder = ''
let end: () => Promise<void>

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  end = async () => temp[Symbol.asyncDispose]()
  await mkdir(join(folder, 'run'))
})
afterEach(() => end())

function fileOf({ check = 'kernel', stateDir = join(folder, 'state') } = {}) {
  const kept = keepLog()
  const clock = fakeClock()
  const stateFolder = createStateFolder({ stateDir, monitor: 'log', check })
  const runFolder = join(folder, 'run')
  const patience = createPatience(clock)
  const file = createCursorFile({ stateFolder, runFolder, check, log: kept.log, clock, patience, random: () => 0.99 })
  /** Keeps it, and waits until it lies where it can. */
  async function keep(cursor: string): Promise<void> {
    file.keep(cursor)
    await file.settled()
  }
  return { ...kept, file, stateFolder, clock, keep }
}

/** The cursor in a file, without its number. */
async function inFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => 'none')
  return text.split('\n')[0] ?? ''
}

const IN_RUN = 'run/kernel.cursor.json'
const inRun = () => inFile(join(folder, IN_RUN))
const inState = (stateDir = join(folder, 'state')) => inFile(join(stateDir, 'monitors/log/kernel/cursor.json'))

const LOST = 'check cannot use its state folder: where its source was read up to is lost at a reboot'
const AGAIN = 'check keeps where its source was read up to in its state folder again'

describe('the state folder', () => {
  it('is made when it is first asked for, below the state directory, by monitor and check', async () => {
    const { stateFolder } = fileOf()
    expect(await readdir(folder)).toEqual(['run'])
    expect(await stateFolder()).toBe(join(folder, 'state/monitors/log/kernel'))
    expect(await readdir(join(folder, 'state/monitors/log'))).toEqual(['kernel'])
  })

  it('of a check whose name is none of a folder has another', () => {
    const path = stateFolderPath({ stateDir: '/s', monitor: 'log', check: '../../etc' })
    expect(path).toMatch(/^\/s\/monitors\/log\/[0-9a-f]{16}$/)
  })

  it('that cannot be made says so, and is tried again', async () => {
    await writeFile(join(folder, 'state'), '')
    const { stateFolder } = fileOf()
    await expect(stateFolder()).rejects.toThrow(
      `cannot make ${join(folder, 'state/monitors/log/kernel')}: ENOTDIR; mount a folder there that this monitor may write`,
    )
    await rm(join(folder, 'state'))
    await expect(stateFolder()).resolves.toBe(join(folder, 'state/monitors/log/kernel'))
  })
})

describe('a kept cursor', () => {
  it('is the last of those that came while one was written, and is there for the next process', async () => {
    const first = fileOf()
    expect(await first.file.recall()).toBeUndefined()
    for (let i = 0; i < 50; i++) first.file.keep(JSON.stringify({ line: i }))
    await first.file.settled()
    expect(await fileOf().file.recall()).toBe('{"line":49}')
    expect(await readdir(join(folder, 'state/monitors/log/kernel'))).toEqual(['cursor.json'])
  })

  it('lies in the run folder where there is no state folder, which is said once', async () => {
    await writeFile(join(folder, 'state'), '')
    const { file, messages } = fileOf()
    expect(await file.recall()).toBeUndefined()
    file.keep('7')
    await file.settled()
    expect(await inRun()).toBe('7')
    expect(messages()).toEqual([LOST])
    expect(await fileOf().file.recall()).toBe('7')
  })

  it.each([
    ['is no JSON', '{"line":'],
    ['is too long', JSON.stringify('x'.repeat(CURSOR_BYTES_MAX))],
  ])('that %s is none, and that is said', async (_what, text) => {
    const { file, messages, stateFolder } = fileOf()
    await writeFile(join(await stateFolder(), 'cursor.json'), text)
    expect(await file.recall()).toBeUndefined()
    expect(messages()).toEqual(['check cannot recall where its source was read up to'])
  })

  it('that can be written nowhere is said once, and kept as soon as it can be', async () => {
    const { file, messages, stateFolder, clock, keep } = fileOf()
    const path = await stateFolder()
    await file.recall()
    await rm(path, { recursive: true })
    await writeFile(path, '')
    await rm(join(folder, 'run'), { recursive: true })
    await writeFile(join(folder, 'run'), '')
    await keep('1')
    await keep('2')
    expect(messages()).toEqual([LOST, 'check cannot keep where its source was read up to'])
    await rm(path)
    await clock.advance(1000)
    await expect.poll(() => inState()).toBe('2')
    await expect.poll(() => messages().slice(2)).toEqual([AGAIN])
  })
})

describe('a cursor whose state folder fails', () => {
  /** A folder that is none. */
  async function fail(): Promise<void> {
    await rm(join(folder, 'state'), { recursive: true, force: true })
    await writeFile(join(folder, 'state'), '')
  }

  it('lies in the run folder meanwhile, the newest of them, and in the state folder alone once that is back', async () => {
    const { messages, clock, keep, file } = fileOf()
    await keep('1')
    await fail()
    await keep('2')
    await keep('3')
    expect([await inRun(), messages()]).toEqual(['3', [LOST]])
    await rm(join(folder, 'state'))
    await clock.advance(1000)
    await expect.poll(messages).toEqual([LOST, AGAIN])
    expect([await inState(), await inRun()]).toEqual(['3', 'none'])
    await file.settled()
    await keep('4')
    expect([await inState(), await inRun()]).toEqual(['4', 'none'])
    expect(await fileOf().file.recall()).toBe('4')
  })

  it('is not fallen back behind by the next process: the newest counts, and is brought home', async () => {
    const first = fileOf()
    await first.keep('1')
    await rename(join(folder, 'state'), join(folder, 'away'))
    await writeFile(join(folder, 'state'), '')
    await first.keep('2')
    const second = fileOf()
    expect(await second.file.recall()).toBe('2')
    await rm(join(folder, 'state'))
    await rename(join(folder, 'away'), join(folder, 'state'))
    const third = fileOf()
    expect(await third.file.recall()).toBe('2')
    await third.file.settled()
    expect([await inState(), await inRun()]).toEqual(['2', 'none'])
  })

  it('is tried later each time, and not at each cursor that comes', async () => {
    let asked = 0
    const { clock, log } = { clock: fakeClock(), log: keepLog().log }
    const stateFolder = () => {
      asked++
      return Promise.reject(new Error('EROFS'))
    }
    const file = createCursorFile({
      stateFolder,
      runFolder: join(folder, 'run'),
      check: 'kernel',
      log,
      clock,
      patience: createPatience(clock),
      random: () => 0.99,
    })
    for (let i = 0; i < 50; i++) {
      file.keep(String(i))
      await file.settled()
    }
    expect([asked, await inRun()]).toEqual([1, '49'])
    for (let minute = 0; minute < 60; minute++) {
      await clock.advance(60_000)
      await file.settled()
    }
    expect(asked).toBeGreaterThan(10)
    expect(asked).toBeLessThan(25)
    await file.end()
    expect(clock.sleeping).toBe(0)
  })

  it('is tried once more at the end', async () => {
    const { keep, file } = fileOf()
    await fail()
    await keep('2')
    await rm(join(folder, 'state'))
    await file.end()
    expect([await inState(), await inRun()]).toEqual(['2', 'none'])
  })

  it('that was gone at the start is looked into again by who asks again', async () => {
    await fileOf().keep('5')
    await rename(join(folder, 'state'), join(folder, 'away'))
    await writeFile(join(folder, 'state'), '')
    const { file, messages } = fileOf()
    expect(await file.recall()).toBeUndefined()
    await rm(join(folder, 'state'))
    await rename(join(folder, 'away'), join(folder, 'state'))
    expect(await file.recall()).toBe('5')
    expect(messages()).toEqual([LOST, AGAIN])
  })

  it('that hangs keeps nobody waiting, is asked nothing more until it has answered, and has the newest then', async () => {
    let asked = 0
    const answers = Promise.withResolvers<string>()
    const { clock, log, messages } = { clock: fakeClock(), ...keepLog() }
    const file = createCursorFile({
      stateFolder() {
        asked++
        return answers.promise
      },
      runFolder: join(folder, 'run'),
      check: 'kernel',
      log,
      clock,
      patience: createPatience(clock),
      random: () => 0.99,
    })
    const recalled = file.recall().catch((err: unknown) => err)
    await expect.poll(() => [asked, clock.sleeping]).toEqual([1, 1])
    await clock.advance(HANGS_MS)
    expect(await recalled).toMatchObject({ code: 'CURSOR_UNREADABLE' })
    file.keep('1')
    await file.settled()
    await clock.advance(60_000)
    file.keep('2')
    await file.settled()
    expect([asked, await inRun(), messages()]).toEqual([1, '2', [LOST]])
    answers.resolve(folder)
    async function later(): Promise<readonly string[]> {
      await clock.advance(2000)
      return messages()
    }
    await expect.poll(later, { timeout: 10_000 }).toEqual([LOST, AGAIN])
    expect([await inFile(join(folder, 'cursor.json')), await inRun()]).toEqual(['2', 'none'])
  })

  it('is the newer of both where the process was killed before it had taken the other away', async () => {
    const first = fileOf()
    await fail()
    await first.keep('1')
    const older = await readFile(join(folder, IN_RUN))
    await rm(join(folder, 'state'))
    await first.keep('2')
    await first.file.end()
    expect([await inState(), await inRun()]).toEqual(['2', 'none'])
    await writeFile(join(folder, IN_RUN), older)
    const second = fileOf()
    expect(await second.file.recall()).toBe('2')
    await second.file.settled()
    expect([await inState(), await inRun()]).toEqual(['2', 'none'])
  })

  it('is read where it has no number, and any that has one is newer', async () => {
    const { stateFolder, file } = fileOf()
    await writeFile(join(await stateFolder(), 'cursor.json'), '{"line":1}')
    expect(await file.recall()).toBe('{"line":1}')
    await writeFile(join(folder, IN_RUN), '{"line":2}')
    const next = fileOf()
    expect(await next.file.recall()).toBe('{"line":2}')
    await next.keep('{"line":3}')
    await writeFile(join(folder, IN_RUN), '{"line":2}')
    const last = fileOf()
    expect(await last.file.recall()).toBe('{"line":3}')
    await last.file.settled()
  })

  it('that hangs holds one thread of the process, however many checks have theirs there', async () => {
    let asked = 0
    const clock = fakeClock()
    const patience = createPatience(clock)
    const hanging = Promise.withResolvers<string>()
    function stateFolder(): Promise<string> {
      asked++
      return hanging.promise
    }
    const files = ['a', 'b', 'c', 'd'].map((check) =>
      createCursorFile({ stateFolder, runFolder: join(folder, 'run'), check, log: keepLog().log, clock, patience }),
    )
    for (const file of files) file.keep('1')
    await expect.poll(() => clock.sleeping).toBe(4)
    await clock.advance(HANGS_MS)
    await Promise.all(files.map((file) => file.settled()))
    expect(asked).toBe(1)
    expect(await readdir(join(folder, 'run'))).toHaveLength(4)
    hanging.reject(new Error('EIO'))
  })

  it.each(['EIO', 'EMFILE', 'ESTALE'])(
    'with %s is not known now, which is no "none", and is known later',
    async (code) => {
      await fileOf().keep('5')
      const { stateFolder, clock } = fileOf()
      const { log } = keepLog()
      let isFailing = true
      const file = createCursorFile({
        stateFolder: () => (isFailing ? Promise.reject(Object.assign(new Error(code), { code })) : stateFolder()),
        runFolder: join(folder, 'run'),
        check: 'kernel',
        log,
        clock,
        patience: createPatience(clock),
      })
      await expect(file.recall()).rejects.toThrow(
        `cannot read where its source was read up to: ${code}; it is tried again`,
      )
      isFailing = false
      expect(await file.recall()).toBe('5')
    },
  )

  it('is what the run folder has, while its own is not to be read now', async () => {
    const { clock } = fileOf()
    await writeFile(join(folder, IN_RUN), '7')
    const file = createCursorFile({
      stateFolder: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })),
      runFolder: join(folder, 'run'),
      check: 'kernel',
      log: keepLog().log,
      clock,
      patience: createPatience(clock),
      random: () => 0.99,
    })
    expect(await file.recall()).toBe('7')
    await file.end()
  })

  it.skipIf(process.getuid?.() !== 0)('that is full holds the one before until there is room', async () => {
    await using disk = await smallDisk()
    const { keep, clock, messages } = fileOf({ stateDir: disk.path })
    await keep('1')
    const full = join(disk.path, 'full')
    await writeFile(full, Buffer.alloc(64 * 1024)).catch(() => undefined)
    await keep('2')
    expect([await inState(disk.path), await inRun(), messages()]).toEqual(['1', '2', [LOST]])
    await rm(full)
    await clock.advance(1000)
    await expect.poll(() => inState(disk.path)).toBe('2')
    await expect.poll(inRun).toBe('none')
    await expect.poll(messages).toEqual([LOST, AGAIN])
  })

  it.skipIf(process.getuid?.() !== 0)('that is read-only is written to once it is not', async () => {
    await using disk = await smallDisk()
    const remount = (how: string) => promisify(execFile)('mount', ['-o', `remount,${how}`, disk.path])
    const { keep, clock, messages } = fileOf({ stateDir: disk.path })
    await keep('1')
    await remount('ro')
    await keep('2')
    expect([await inState(disk.path), await inRun(), messages()]).toEqual(['1', '2', [LOST]])
    await remount('rw')
    await clock.advance(1000)
    await expect.poll(messages).toEqual([LOST, AGAIN])
    expect(await inState(disk.path)).toBe('2')
  })
})
