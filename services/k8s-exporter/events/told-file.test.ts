import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../../libs/host/testing.ts'
import { keepLog } from '../../../libs/service/testing.ts'
import type { Line } from './kept.ts'
import { createToldFile, readToldFile } from './told-file.ts'

let folder: TempFolder
let path: string
beforeEach(async () => {
  folder = await tempFolder()
  path = join(folder.path, 'told.jsonl')
})
afterEach(() => folder[Symbol.asyncDispose]())

const named = (name: string): Line => ({ kind: 'name', name, atMs: 1 })
const tooMuch = (name: string): Line => named(name.repeat(3 * 1024 ** 2))

describe('the file of told events', () => {
  it('begins with all that is known, and goes on with what is told', async () => {
    const { log, messages } = keepLog()
    const toldFile = createToldFile({ path, log, current: () => [named('a')] })
    expect(await readToldFile(path, log)).toEqual([])
    await Promise.all([toldFile.keep([named('b')]), toldFile.keep([named('c'), named('d')]), toldFile.keep([])])
    await toldFile.close()
    expect(await readToldFile(path, log)).toEqual(['a', 'b', 'c', 'd'].map(named))
    expect(messages()).toEqual([])
  })

  it('is written anew when it has grown', async () => {
    const { log } = keepLog()
    let known: readonly Line[] = []
    const toldFile = createToldFile({ path, log, current: () => known })
    await toldFile.keep([tooMuch('x')])
    known = [named('only')]
    await toldFile.keep([tooMuch('y')])
    await toldFile.keep([named('after')])
    await toldFile.close()
    expect(await readToldFile(path, log)).toEqual([named('only'), named('after')])
  })

  it('of a version that wrote no checksums is read, but for what was torn', async () => {
    const { log, messages } = keepLog()
    await writeFile(path, `${JSON.stringify(named('a'))}\n{"kind":"na\n${JSON.stringify(named('b'))}\n{"ki`)
    expect(await readToldFile(path, log)).toEqual([named('a'), named('b')])
    expect(messages()).toEqual(['what was told before is damaged; some of it may be told again'])
  })

  it('has lines of its own shape only: what lacks a part, or has another’s, is left out and counted', async () => {
    const kept = keepLog()
    const { log } = kept
    const told = {
      name: 'n',
      source: 's',
      reason: 'R',
      message: '',
      severity: 'info',
      first: '2026-01-01',
      last: 'x',
      count: 1,
    }
    const odd = [
      { kind: 'series' },
      { kind: 'series', series: { key: 'k', told, sentCount: 1, sentMs: 1 } },
      { kind: 'id', id: 'a' },
      { kind: 'name', name: 7, atMs: 1 },
      { kind: 'opening', opening: 'o', severity: 'loud', atMs: 1 },
      { kind: 'held', source: 's', reason: 'R', count: 1, sinceMs: 1e300, lastMs: 1 },
      { kind: 'summed' },
      { kind: 'toString' },
      [],
    ]
    await writeFile(path, [named('a'), ...odd, named('b')].map((line) => `${JSON.stringify(line)}\n`).join(''))
    const lines = await readToldFile(path, log)
    expect(lines).toEqual([named('a'), named('b')])
    expect(kept.lines.map((line) => line['lines'])).toEqual([odd.length])
  })

  it('is written anew at twice of what it was begun with, not each time it holds much', async () => {
    const { log } = keepLog()
    let begun = 0
    const current = () => {
      begun++
      return [tooMuch('x')]
    }
    const toldFile = createToldFile({ path, log, current })
    for (let i = 0; i < 20; i++) await toldFile.keep([named(`${i}`)])
    expect(begun).toBe(1)
    await toldFile.keep([tooMuch('y')])
    await toldFile.keep([named('after')])
    await toldFile.close()
    expect(begun).toBe(2)
  })

  it('takes away what an earlier version left of one', async () => {
    const { log } = keepLog()
    await writeFile(`${path}.new`, 'half')
    await readToldFile(path, log)
    expect(await readdir(folder.path)).toEqual([])
  })

  it('that is damaged says so, and the rest of it counts', async () => {
    const { log, messages } = keepLog()
    const toldFile = createToldFile({ path, log, current: () => [named('a'), named('b'), named('c')] })
    await toldFile.keep([named('d')])
    await toldFile.close()
    await writeFile(path, (await readFile(path, 'utf8')).replace('"b"', '"x"'))
    expect(await readToldFile(path, log)).toEqual(['a', 'c', 'd'].map(named))
    expect(messages()).toEqual(['what was told before is damaged; some of it may be told again'])
  })

  it('that cannot be written is said once, and is whole again once it can', async () => {
    const { log, messages } = keepLog()
    const inTheWay = join(folder.path, 'file')
    await writeFile(inTheWay, '')
    const there = join(inTheWay, 'told.jsonl')
    const toldFile = createToldFile({ path: there, log, current: () => [named('a')] })
    await toldFile.keep([named('b')])
    await toldFile.keep([named('c')])
    expect(messages()).toEqual(['what was told cannot be kept in a file; after a kill some of it may be told again'])
    await folder[Symbol.asyncDispose]()
    await toldFile.keep([named('d')])
    await toldFile.close()
    expect(messages().at(-1)).toBe('what was told is kept in a file again')
    expect(await readToldFile(there, log)).toEqual([named('a'), named('d')])
  })
})
