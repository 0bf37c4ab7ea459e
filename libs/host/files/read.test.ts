import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSmallFile } from './read.ts'

const folder = mkdtempSync(join(tmpdir(), 'nd-read-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** No two places of it are alike, and no length of it ends where a character does. */
function textOf(characters: number): string {
  return Array.from({ length: characters }, (_, index) => `${index}é€😀`[index % 4] ?? '').join('')
}

it('reads files of every length whole, many of them at once, each in its own buffer', async () => {
  const texts = [0, 1, 4000, 4096, 4097, 8191, 8192, 8193, 20_000, 70_000].map(textOf)
  const files = texts.map((text, index) => {
    const path = join(folder, String(index))
    writeFileSync(path, text)
    return { path, text }
  })
  for (let round = 0; round < 3; round++) {
    const all = [...files, ...files.toReversed()]
    const read = await Promise.all(all.map(({ path }) => readSmallFile(path, 1_000_000)))
    expect(read).toEqual(all.map(({ text }) => Buffer.from(text).toString()))
  }
})

it('reads what the kernel gives piece by piece as a whole', async () => {
  const [piecemeal, whole] = await Promise.all([
    readSmallFile('/proc/self/smaps', 10_000_000),
    readSmallFile('/proc/self/smaps', 10_000_000),
  ])
  const names = (text: string) => text.match(/^VmFlags:/gm)?.length ?? 0
  expect(names(piecemeal)).toBeGreaterThan(100)
  expect(piecemeal.endsWith('\n') && whole.endsWith('\n')).toBe(true)
})

it('goes on with whole files after one that is longer than it may be', async () => {
  const path = join(folder, 'long')
  writeFileSync(path, 'x'.repeat(30_000))
  await expect(readSmallFile(path, 100)).rejects.toThrow('more than 100 bytes')
  expect((await readSmallFile(path, 100_000)).length).toBe(30_000)
})
