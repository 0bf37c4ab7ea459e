import { expect, test } from 'vitest'
import { createSampleListeners } from './samples.ts'

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const bytes = (length: number, first: number) => new Uint8Array(length).fill(first, 0, 1)

test('what is said before anybody listens is heard by the first who does, in order, and by nobody after', () => {
  const samples = createSampleListeners(log)
  const heard: string[] = []
  samples.tell({ bytes: bytes(1, 1), to: 'all' })
  samples.tell({ bytes: bytes(1, 2), to: ['other'] })
  samples.tell({ bytes: bytes(1, 3), to: ['http-exporter'] })
  samples.add('http-exporter', ([first]) => void heard.push(`a${first}`))
  samples.add('http-exporter', ([first]) => void heard.push(`b${first}`))
  samples.tell({ bytes: bytes(1, 4), to: 'all' })
  expect(heard).toEqual(['a1', 'a3', 'a4', 'b4'])
})

test('where nobody listens no more than a mebibyte is kept, of what was said last', () => {
  const samples = createSampleListeners(log)
  for (let i = 0; i < 40; i++) samples.tell({ bytes: bytes(1 << 16, i), to: 'all' })
  const heard: (number | undefined)[] = []
  samples.add('http-exporter', ([first]) => void heard.push(first))
  expect(heard).toEqual(Array.from({ length: 16 }, (_, i) => 24 + i))
})

test('who no longer listens hears nothing', () => {
  const samples = createSampleListeners(log)
  const heard: unknown[] = []
  samples.add('http-exporter', (told) => void heard.push(told))()
  samples.tell({ bytes: bytes(1, 1), to: 'all' })
  expect(heard).toEqual([])
})
