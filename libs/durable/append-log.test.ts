import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../host/testing.ts'
import { beginLog, openLog } from './append-log.ts'
import { readLog } from './read-log.ts'
import { renderRecord } from './record.ts'
import { replaceFile } from './replace.ts'
import { killedWriter, smallDisk } from './testing.ts'

const maxBytes = 64 * 1024 ** 2
let folder: TempFolder
let path: string
beforeEach(async () => {
  folder = await tempFolder()
  path = join(folder.path, 'state', 'log')
})
afterEach(() => folder[Symbol.asyncDispose]())

const texts = fc.array(
  fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')),
  { maxLength: 12 },
)

describe('a log', () => {
  it('gives back what was appended, in order, and goes on after a restart', async () => {
    const first = await openLog(path, { maxBytes })
    expect(first.content).toEqual({ records: [], damaged: 0, wholeBytes: 0, tornBytes: 0 })
    await Promise.all([first.log.append(['{"a":1}', '']), first.log.append(['ü']), first.log.append([])])
    await first.log.close()
    await first.log.close()
    const { log, content } = await openLog(path, { maxBytes })
    expect(content.records).toEqual(['{"a":1}', '', 'ü'])
    expect(log.bytes).toBe((await stat(path)).size)
    await log.append(['more'])
    await log.close()
    expect(await readLog(path, { maxBytes })).toMatchObject({ records: ['{"a":1}', '', 'ü', 'more'], damaged: 0 })
    expect((await readFile(path, 'utf8')).split('\n')[0]).toMatch(/^[0-9a-f]{8} \{"a":1\}$/)
    expect((await stat(path)).mode & 0o007).toBe(0)
  })

  it('is begun anew in place of the old one, and appended to', async () => {
    const before = await beginLog(path, ['old', 'older'])
    const log = await beginLog(path, ['new'], { sync: false })
    await before.append(['too late'])
    await log.append(['newer'])
    await Promise.all([before.close(), log.close()])
    expect((await readLog(path, { maxBytes })).records).toEqual(['new', 'newer'])
  })

  it('refuses a record that would be two', async () => {
    const { log } = await openLog(path, { maxBytes })
    const refusal = `a record for ${path} holds a line break; encode it without`
    await expect(log.append(['a', 'b\nc'])).rejects.toThrow(refusal)
    await expect(beginLog(path, ['b\nc'])).rejects.toThrow(refusal)
    await log.append(['d'])
    await log.close()
    expect((await readLog(path, { maxBytes })).records).toEqual(['d'])
  })

  it('is not read when it is larger than it may be', async () => {
    await replaceFile(path, renderRecord('x'.repeat(100)))
    await expect(openLog(path, { maxBytes: 100 })).rejects.toThrow('it is larger than 100 bytes')
  })

  it('has lines without a checksum where somebody accepts them', async () => {
    await replaceFile(path, `{"old":1}\n${renderRecord('{"new":1}')}{"cut`)
    expect(await readLog(path, { maxBytes })).toMatchObject({ records: ['{"new":1}'], damaged: 1, tornBytes: 5 })
    const accept = (line: string) => (line.startsWith('{') ? line : undefined)
    expect(await readLog(path, { maxBytes, accept })).toMatchObject({ records: ['{"old":1}', '{"new":1}'], damaged: 0 })
  })

  it('that was cut anywhere has the records before the cut, and takes more', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(), async (records, at) => {
        const whole = records.map(renderRecord)
        const bytes = Buffer.from(whole.join(''))
        const cut = bytes.length === 0 ? 0 : at % (bytes.length + 1)
        await replaceFile(path, bytes, { sync: false })
        await truncate(path, cut)
        const endOf = (i: number) => Buffer.byteLength(whole.slice(0, i + 1).join(''))
        const expected = records.filter((_, i) => endOf(i) <= cut)
        const { log, content } = await openLog(path, { maxBytes, sync: false })
        expect(content).toMatchObject({ records: expected, damaged: 0 })
        await log.append(['after'])
        await log.close()
        expect(await readLog(path, { maxBytes })).toMatchObject({
          records: [...expected, 'after'],
          damaged: 0,
          tornBytes: 0,
        })
      }),
      { numRuns: 60 },
    )
  })

  it('that was damaged anywhere has nothing that was not written, in order, and loses two records at most', async () => {
    const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(texts, flip, async (records, [at, by]) => {
        const bytes = Buffer.from(records.map(renderRecord).join(''))
        if (bytes.length > 0) bytes[at % bytes.length]! ^= by
        await replaceFile(path, bytes, { sync: false })
        const { records: read } = await readLog(path, { maxBytes })
        let from = 0
        for (const text of read) {
          from = records.indexOf(text, from) + 1
          expect(from).toBeGreaterThan(0)
        }
        expect(read.length).toBeGreaterThanOrEqual(records.length - 2)
      }),
      { numRuns: 60 },
    )
  })

  it('reads whatever stands there without a throw, zeros of a power cut too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        await replaceFile(path, noise, { sync: false })
        await appendFile(path, Buffer.alloc(50))
        const { log } = await openLog(path, { maxBytes, sync: false })
        await log.append(['after'])
        await log.close()
        expect((await readLog(path, { maxBytes })).records.at(-1)).toBe('after')
      }),
      { numRuns: 60 },
    )
  })

  it('has every record that was kept after a kill at any moment, and goes on with the next', async () => {
    let kept = -1
    for (let round = 0; round < 6; round++) {
      kept = await killedWriter('append', path, round * 7)
      const { records, damaged } = await readLog(path, { maxBytes })
      expect(damaged).toBe(0)
      expect(records.map((text) => Number(text.split(' ')[0]))).toEqual(records.map((_, i) => i))
      expect(records.length).toBeGreaterThan(kept)
    }
  })

  it.skipIf(process.getuid?.() !== 0)(
    'refuses on a full disk, keeps what it had, and takes more when there is room',
    async () => {
      await using disk = await smallDisk()
      const there = join(disk.path, 'log')
      const filler = join(disk.path, 'filler')
      const log = await beginLog(there, ['first'])
      await writeFile(filler, 'x'.repeat(40_000))
      const kept = ['first']
      for (let i = 0; ; i++) {
        const text = `${i} ${'y'.repeat(3000)}`
        const err = await log.append([text]).then(
          () => undefined,
          (cause: unknown) => cause,
        )
        if (err === undefined) kept.push(text)
        else {
          expect(String(err)).toContain('ENOSPC')
          break
        }
      }
      expect(await readLog(there, { maxBytes })).toMatchObject({ records: kept, damaged: 0, tornBytes: 0 })
      await expect(log.append(['z'.repeat(30_000)])).rejects.toThrow('ENOSPC')
      await truncate(filler, 0)
      await log.append(['last'])
      await log.close()
      expect(await readLog(there, { maxBytes })).toMatchObject({ records: [...kept, 'last'], damaged: 0, tornBytes: 0 })
    },
  )
})
