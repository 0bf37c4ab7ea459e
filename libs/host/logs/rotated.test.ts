import { expect, test } from 'vitest'
import { isCompressedSince, olderFirst, rotatedSuffix } from './rotated.ts'

test('knows the files that a log was rotated into by their names', () => {
  const suffix = (name: string, base = 'kern.log') => rotatedSuffix(name, base)?.suffix
  expect(suffix('kern.log.1')).toBe('.1')
  expect(suffix('kern.log-20261129')).toBe('-20261129')
  expect(suffix('kern-20261129.log')).toBe('-20261129')
  expect(suffix('kern.2.log')).toBe('.2')
  expect(suffix('0.log.20261129-150405', '0.log')).toBe('.20261129-150405')
  expect(suffix('messages.1', 'messages')).toBe('.1')
  expect(rotatedSuffix('kern.log.3.gz', 'kern.log')).toEqual({ suffix: '.3', isCompressed: true })
  for (const near of [
    'kern.log',
    'kern.log.bak',
    'kern.log.1.tmp',
    'kern.err.log',
    'daemon.log.1',
    'kern.log.gz',
    '.log',
  ]) {
    expect(suffix(near)).toBeUndefined()
  }
})

const named = (suffix: string, mtimeMs: number, isCompressed = false) => {
  return { key: `${suffix}${isCompressed}`, suffix, mtimeMs, isCompressed }
}

test('the older come first: by time, and within one tick by number or date', () => {
  const files = [named('.1', 5), named('.2', 5), named('-20261129', 4), named('-20261128', 4)]
  expect(files.sort(olderFirst).map(({ suffix }) => suffix)).toEqual(['-20261128', '-20261129', '.2', '.1'])
})

test('what is compressed unread is a gap; what was read, or is older, is none, whenever it was compressed', () => {
  const last = { key: 'last', mtimeMs: 5_000 }
  const at = (suffix: string) => ({ ...named(suffix, 5_000), key: 'last' })
  const since = (...rotated: ReturnType<typeof named>[]) => isCompressedSince(rotated, last, new Set(['.9true']))
  expect(since(at('.3'), named('.2', 5_000, true), named('.1', 7_000))).toBe(true)
  expect(since(at('.1'), named('.2', 9_000, true))).toBe(false)
  // The kubelet compresses what it rotated before, and that is when it is written last.
  expect(since(named('.20261129-150000', 9_000, true), at('.20261129-160000'))).toBe(false)
  // Read to its end through the name that it had, and compressed: with its time, as gzip does, or with that of now.
  expect(since(named('.1', 5_400, true))).toBe(false)
  expect(since(named('.20261129-150000', 9_000, true))).toBe(false)
  expect(since(named('.2', 5_000, true), named('.1', 7_000, true))).toBe(true)
  expect(since(named('.9', 9_000, true), named('.1', 9_000, true))).toBe(false)
})
