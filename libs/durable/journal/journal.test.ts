import { copyFile, open, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../host/testing.ts'
import { killedWriter, smallDisk } from '../testing.ts'
import { putAside } from './files.ts'
import { renderFrame } from './frame.ts'
import type { Journal } from './journal.ts'
import { openJournal } from './open.ts'
import { HEADER_SALT, readSegment } from './segment.ts'
import { type Told, toldOf, WORDS } from './testing.ts'

const IDENTITY = '0f8c1d'
const segmentBytes = 4096
let folder: TempFolder
let dir: string
beforeEach(async () => {
  folder = await tempFolder()
  dir = join(folder.path, 'remediator')
})
afterEach(() => folder[Symbol.asyncDispose]())

async function opened(visit?: (word: string, sequence: number) => void) {
  const opening = await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes, ...(visit && { visit }) })
  if (opening.kind !== 'open') throw new Error(opening.message)
  return opening
}

async function tell(journal: Journal<string, Told>, words: readonly string[]): Promise<void> {
  for (const word of words) await journal.append(word)
}

async function told(words: readonly string[]): Promise<void> {
  const { journal } = await opened()
  await tell(journal, words)
  await journal.close()
}

async function refusal(): Promise<string> {
  const opening = await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes })
  if (opening.kind === 'open') {
    await opening.journal.close()
    return 'none'
  }
  return `${opening.why}: ${opening.message.replace(dir, '<dir>')}`
}

/** The file in use, and where its last frame begins. */
async function tip(): Promise<{ path: string; begins: number; end: number }> {
  const ends = await Promise.all(
    ['journal.0', 'journal.1'].map(async (name) => {
      const segment = readSegment(await readFile(join(dir, name)))
      return { path: join(dir, name), segment }
    }),
  )
  const [found] = ends.filter(({ segment }) => segment.kind === 'read' && !segment.content.isClosed)
  if (found?.segment.kind !== 'read') throw new Error('nothing to read')
  const { end, records } = found.segment.content
  return { path: found.path, begins: end - (records.at(-1)?.bytes ?? 0), end }
}

async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(bytes, 0, bytes.length, at)
  await file.close()
}

describe('a journal', () => {
  it('hands on the last of its records over both files, as many as are asked for', async () => {
    const words = Array.from({ length: 300 }, (_, n) => `word ${n}`)
    await told(words)
    const all: string[] = []
    await (await opened((word) => all.push(word))).journal.close()
    // More than one file holds, and not all any more.
    expect([all.length > 60, all.length < 300]).toEqual([true, true])
    for (const visitMax of [0, 1, all.length - 1, all.length + 1]) {
      const last: string[] = []
      const visit = (word: string) => void last.push(word)
      const opening = await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes, visit, visitMax })
      expect(opening.kind).toBe('open')
      if (opening.kind === 'open') await opening.journal.close()
      expect(last).toEqual(all.slice(all.length - Math.min(visitMax, all.length)))
    }
  })

  it('is begun, keeps what was appended in order, and goes on with the same state', async () => {
    const first = await opened()
    expect(first).toMatchObject({ how: 'begun', isTorn: false })
    const numbers = await Promise.all(['a', '', 'ü'].map((word) => first.journal.append(word)))
    expect(numbers).toEqual([3, 4, 5])
    expect(first.journal.state).toEqual(toldOf(['a', '', 'ü']))
    await Promise.all([first.journal.close(), first.journal.close()])
    const seen: unknown[] = []
    const second = await opened((word, sequence) => seen.push([sequence, word]))
    expect(second).toMatchObject({ how: 'continued', isTorn: false })
    expect(second.journal).toMatchObject({ id: first.journal.id, state: toldOf(['a', '', 'ü']) })
    expect(seen).toEqual([
      [3, 'a'],
      [4, ''],
      [5, 'ü'],
    ])
    await second.journal.close()
    for (const name of ['journal.0', 'journal.1'])
      expect(await stat(join(dir, name))).toMatchObject({ size: segmentBytes, mode: 0o100600 })
  })

  it('goes on in its other file when one is full, for ever, and grows no further', async () => {
    const words = Array.from({ length: 1000 }, (_, index) => `word ${index}`)
    await told(words)
    const seen: string[] = []
    const { journal } = await opened((word) => seen.push(word))
    expect(journal.state).toEqual(toldOf(words))
    expect(seen).toEqual(words.slice(-seen.length))
    expect(seen.length).toBeGreaterThan(80)
    await journal.close()
    expect((await stat(join(dir, 'journal.0'))).size + (await stat(join(dir, 'journal.1'))).size).toBe(8192)
  })

  it('refuses a record that is too long, and takes the next one', async () => {
    const { journal } = await opened()
    await expect(journal.append('x'.repeat(1025))).rejects.toThrow(
      'cannot write 1025 bytes to journal.0: at most 1024 have room there; cut the record',
    )
    await journal.append('y')
    expect(journal.state).toEqual(toldOf(['y']))
    await journal.close()
  })

  it('cuts off what is half written at its end, and says so', async () => {
    await told(['kept', 'torn away'])
    const { path, begins } = await tip()
    await overwrite(path, begins + 24, Buffer.from('#####'))
    const { journal, isTorn } = await opened()
    expect(isTorn).toBe(true)
    expect(journal.state).toEqual(toldOf(['kept']))
    await journal.append('more')
    await journal.close()
    const again = await opened()
    expect(again).toMatchObject({ isTorn: false, journal: { state: toldOf(['kept', 'more']) } })
    await again.journal.close()
  })

  it('is not used when it is damaged before its end', async () => {
    await told(['one', 'two'])
    const { path, begins } = await tip()
    await overwrite(path, begins - 8, Buffer.from('#'))
    const before = await readFile(path)
    const refused = `damaged: cannot use <dir>/journal.0: it is damaged at byte`
    expect(await refusal()).toContain(refused)
    expect(await readFile(path)).toEqual(before)
    await putAside(dir)
    const { journal, how } = await opened()
    expect([how, journal.state]).toEqual(['begun', toldOf([])])
    await journal.close()
    expect(await readFile(`${path}.aside`)).toEqual(before)
  })

  it('is not used when its beginning is damaged, or the file in use is gone', async () => {
    await told(['one'])
    await overwrite(join(dir, 'journal.0'), 30, Buffer.from('#'))
    expect(await refusal()).toBe('damaged: cannot use <dir>/journal.0: its beginning cannot be read')
    await putAside(dir)
    await told(Array.from({ length: 150 }, (_, index) => `word ${index}`))
    const { path } = await tip()
    await unlink(path)
    expect(await refusal()).toMatch(/^damaged: .*: the journal went on there, and its beginning cannot be read$/)
  })

  it('is not used when its file was cut short', async () => {
    await told(['one', 'two'])
    const { path, begins } = await tip()
    await truncate(path, begins)
    expect(await refusal()).toMatch(/^damaged: cannot use <dir>\/journal.0: it is damaged at byte \d+, before its end$/)
  })

  it('is not used on another machine, nor by a version that cannot read it', async () => {
    await told(['one'])
    const opening = await openJournal(WORDS, { dir, identity: 'other', segmentBytes })
    expect(opening).toEqual({
      kind: 'unusable',
      why: 'foreign',
      message: `cannot use ${dir}/journal.0: it is of machine 0f8c1d, this is other`,
    })
    await told(['of a later version'])
    expect(await refusal()).toBe(
      'damaged: cannot use <dir>/journal.0: it holds what this version cannot read; a later one wrote it, or it is damaged',
    )
  })

  it('passes over what a later version wrote, counts it, and goes on behind it', async () => {
    const later = 'of a later version, to be passed over'
    await told(['one', later, 'two'])
    const visited: string[] = []
    const { journal, uncounted } = await opened((word) => visited.push(word))
    expect([journal.state, uncounted, visited]).toEqual([toldOf(['one', '…', 'two']), 1, ['one', 'two']])
    await tell(journal, ['three'])
    await journal.close()
    const replayed = await openJournal(
      { ...WORDS, replay: (state, words) => [...words].reduce(WORDS.fold, state) },
      { dir, identity: IDENTITY, segmentBytes },
    )
    if (replayed.kind !== 'open') throw new Error(replayed.message)
    expect([replayed.journal.state, replayed.uncounted]).toEqual([toldOf(['one', '…', 'two', 'three']), 1])
    await replayed.journal.close()
  })

  it('passes over nothing where a later version has said that nobody may', async () => {
    const at = { dir, identity: IDENTITY, segmentBytes }
    await told(['one'])
    const later = await openJournal({ ...WORDS, reader: 2, minReader: 2 }, at)
    if (later.kind !== 'open') throw new Error(later.message)
    await later.journal.close()
    // It was opened, and nothing was written there yet that would have to be known.
    expect(await refusal()).toBe('none')
    const again = await openJournal({ ...WORDS, reader: 2, minReader: 2 }, at)
    if (again.kind !== 'open') throw new Error(again.message)
    await tell(again.journal, ['of a later version, to be passed over'])
    await again.journal.close()
    expect(await refusal()).toBe(
      'later: cannot use <dir>/journal.1: a later version wrote it, and asks for a reader 2; this one is 1: use a later version',
    )
    const third = await openJournal({ ...WORDS, reader: 3 }, at)
    expect(third).toMatchObject({ kind: 'open', how: 'continued', uncounted: 1 })
    if (third.kind === 'open') await third.journal.close()
  })

  it('is another process’s, damaged or not, where its first file cannot be claimed', async () => {
    await told(['one'])
    const claimed: number[] = []
    const claim = (fd: number) => Promise.resolve(claimed.push(fd) === 1 ? '' : 'another process has it')
    const opening = await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes, claim })
    expect(await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes, claim })).toEqual({
      kind: 'unusable',
      why: 'taken',
      message: `cannot use ${dir}/journal.0: another process has it`,
    })
    if (opening.kind === 'open') await opening.journal.close()
    // Whoever had it has put it aside since it was opened here.
    const late = async () => putAside(dir).then(() => '')
    expect(await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes, claim: late })).toEqual({
      kind: 'unusable',
      why: 'taken',
      message: `cannot use ${dir}/journal.0: it was taken away meanwhile`,
    })
  })

  it('is read where its header says nothing of readers yet', () => {
    const { minReader: _, ...header } = { journal: 'j', identity: 'm', epoch: 1, bytes: 4096, salt: 7, minReader: 1 }
    const body = Buffer.from(JSON.stringify({ format: 1, ...header }))
    const { bytes, crc } = renderFrame({ kind: 'header', sequence: 1, before: 0, body }, HEADER_SALT)
    const state = renderFrame({ kind: 'state', sequence: 2, before: crc, body: Buffer.from('{}') }, header.salt)
    const file = Buffer.alloc(header.bytes)
    file.set(Buffer.concat([bytes, state.bytes]))
    expect(readSegment(file)).toMatchObject({ kind: 'read', header: { ...header, minReader: 1 } })
  })

  it('is not taken in by a record that holds the frames of a journal', async () => {
    await told(['one', 'two'])
    const bytes = (await readFile(join(dir, 'journal.0'))).subarray(0, 500)
    await putAside(dir)
    await told(['before'])
    const { path, end } = await tip()
    // The tail of a record that was being written when the power went.
    await overwrite(path, end + 64, bytes)
    const { journal } = await opened()
    expect(journal.state).toEqual(toldOf(['before']))
    await journal.close()
  })

  it('is begun again where the power went while it was begun for the first time, and never where something was recorded', async () => {
    const { journal } = await opened()
    await journal.close()
    const path = join(dir, 'journal.0')
    const whole = await readFile(path)
    const { begins } = await tip()
    for (let end = 0; end < begins; end += 8) {
      for (const half of [whole.subarray(0, end), Buffer.concat([Buffer.alloc(end), whole.subarray(end, begins)])]) {
        await writeFile(path, Buffer.concat([half, Buffer.alloc(segmentBytes - half.length)]))
        const again = await opened()
        expect(again.journal.state).toEqual(toldOf([]))
        await again.journal.close()
      }
    }
    await told(['one'])
    const recorded = await readFile(path)
    for (const at of [0, 30, begins - 8]) {
      await writeFile(path, recorded)
      await overwrite(path, at, Buffer.from('########'))
      expect(await refusal()).toMatch(/^damaged: /)
    }
  })

  it('writes nothing that comes to nothing, and reads what an earlier version counted', async () => {
    const picky = { ...WORDS, fold: (state: Told, word: string) => (word === 'odd' ? fail() : WORDS.fold(state, word)) }
    const fail = (): never => {
      throw new Error('it comes to nothing')
    }
    const at = { dir, identity: IDENTITY, segmentBytes }
    const first = await openJournal(picky, at)
    if (first.kind !== 'open') throw new Error(first.message)
    await first.journal.append('one')
    await expect(first.journal.append('odd')).rejects.toThrow('it comes to nothing')
    await first.journal.append('two')
    await first.journal.close()
    await told(['odd', 'three'])
    const again = await openJournal(picky, at)
    expect(again).toMatchObject({ kind: 'open', uncounted: 1, journal: { state: toldOf(['one', 'two', 'three']) } })
    if (again.kind === 'open') await again.journal.close()
  })

  it('asks whether it may by the state of its turn', async () => {
    const { journal } = await opened()
    const said = await Promise.all([
      journal.append('pause'),
      journal.appendIf('act', ({ words }) => !words.includes('pause')),
      journal.appendIf('tell', ({ words }) => words.includes('pause')),
    ])
    expect(said).toEqual([3, undefined, 4])
    expect(journal.state).toEqual(toldOf(['pause', 'tell']))
    await journal.close()
  })

  it('goes on with as much of its state as it can read back', async () => {
    const { journal } = await opened()
    const long = 'x'.repeat(900)
    await tell(journal, [long, long, long, long, long, 'y'])
    expect(journal.state).toEqual({ count: 6, words: [long, 'y'] })
    await journal.close()
    const again = await opened()
    expect(again.journal.state).toEqual({ count: 6, words: [long, 'y'] })
    await again.journal.close()
  })

  it('follows no link, and waits for no pipe', async () => {
    await told(['one'])
    await copyFile(join(dir, 'journal.0'), join(folder.path, 'elsewhere'))
    await unlink(join(dir, 'journal.0'))
    const { symlink } = await import('node:fs/promises')
    await symlink(join(folder.path, 'elsewhere'), join(dir, 'journal.0'))
    await expect(opened()).rejects.toMatchObject({ code: 'ELOOP' })
  })

  it('never throws over files of any content', async () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        readSegment(Buffer.from(bytes))
      }),
    )
    await told(['one'])
    const whole = await readFile(join(dir, 'journal.0'))
    fc.assert(
      fc.property(fc.nat({ max: 400 }), fc.uint8Array({ minLength: 1, maxLength: 40 }), (at, bytes) => {
        const hurt = Buffer.from(whole)
        hurt.set(bytes, at)
        const segment = readSegment(hurt)
        // Never more than was written, and never another word.
        if (segment.kind === 'read')
          expect(['', 'one']).toContain(segment.content.records.map(({ body }) => body.toString()).join())
      }),
    )
  })
})

describe('a journal at any end', () => {
  it('has what it said it kept, wherever its bytes end', async () => {
    const words = Array.from({ length: 120 }, (_, index) => `w${index}`)
    await told(words.slice(0, 60))
    const at = await tip()
    await told(words.slice(60))
    const later = await tip()
    const isSame = at.path === later.path
    const whole = await readFile(later.path)
    for (let end = isSame ? at.end : 0; end < later.end; end += 7) {
      const hurt = Buffer.from(whole)
      hurt.fill(0, end)
      await writeFile(later.path, hurt)
      const opening = await openJournal(WORDS, { dir, identity: IDENTITY, segmentBytes })
      if (opening.kind !== 'open') continue
      const { count } = opening.journal.state
      expect(opening.journal.state).toEqual(toldOf(words.slice(0, count)))
      if (isSame) expect(count).toBeGreaterThanOrEqual(60)
      await opening.journal.close()
      await writeFile(later.path, whole)
    }
  })

  it('has what it said it kept after kill -9', async () => {
    for (const afterMs of [5, 40]) {
      const last = await killedWriter('journal', dir, afterMs)
      const { journal } = await opened()
      expect(journal.state.count).toBeGreaterThan(last)
      await journal.close()
      await putAside(dir)
    }
  })

  it.skipIf(process.getuid?.() !== 0)('goes on over a full disk, and is not begun on one', async () => {
    await using disk = await smallDisk()
    const at = { dir: join(disk.path, 'remediator'), identity: IDENTITY, segmentBytes: 16_384 }
    const opening = await openJournal(WORDS, at)
    if (opening.kind !== 'open') throw new Error(opening.message)
    await expect(writeFile(join(disk.path, 'filler'), Buffer.alloc(65_536))).rejects.toMatchObject({ code: 'ENOSPC' })
    const words = Array.from({ length: 1500 }, (_, index) => `word ${index}`)
    await tell(opening.journal, words)
    await opening.journal.close()
    const again = await openJournal(WORDS, at)
    expect(again).toMatchObject({ kind: 'open', journal: { state: toldOf(words) } })
    if (again.kind === 'open') await again.journal.close()
    const none = { ...at, dir: join(disk.path, 'other') }
    const refused = await openJournal(WORDS, none)
    expect(refused).toMatchObject({ kind: 'unusable', why: 'no-room' })
    expect(refused.kind === 'unusable' && refused.message).toMatch(/^cannot begin .*journal\.0: ENOSPC/)
    // What room there was is left to others.
    expect((await stat(join(none.dir, 'journal.0'))).blocks).toBe(0)
    // And it is never taken from them, not for a moment: whoever writes meanwhile has room for as much as there is.
    await truncate(join(disk.path, 'filler'), 16_384)
    await using file = await open(join(none.dir, 'journal.0'))
    const { ctimeNs } = await file.stat({ bigint: true })
    expect(await openJournal(WORDS, none)).toMatchObject({ kind: 'unusable', why: 'no-room' })
    expect((await file.stat({ bigint: true })).ctimeNs).toBe(ctimeNs)
    await unlink(join(disk.path, 'filler'))
    const begun = await openJournal(WORDS, none)
    expect(begun).toMatchObject({ kind: 'open', how: 'begun' })
    if (begun.kind === 'open') await begun.journal.close()
  })
})
