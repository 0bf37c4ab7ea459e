import { expect, it } from 'vitest'
import type { ConfigProblem, NpdFile } from '#config'
import { fileNotes } from './file-notes.ts'

function file(faults: readonly ConfigProblem[], warnings: readonly ConfigProblem[]): NpdFile {
  const origin = { layer: 'flag', text: 'flag, --config.external-monitor' } as const
  return { path: '/etc/gpu.json', kind: 'external', entry: '', faults, warnings, origin }
}

const problem = (text: string): ConfigProblem => ({ where: '/etc/gpu.json:7:5', path: 'bufferSize', text })

it('says what validate says of files of node-problem-detector, what keeps one from being used first', () => {
  const files = [file([], [problem('has no effect')]), file([problem('missing')], [])]
  expect(fileNotes(files)).toEqual([
    'cannot be used: /etc/gpu.json:7:5: bufferSize: missing',
    'warning: /etc/gpu.json:7:5: bufferSize: has no effect',
  ])
  expect(fileNotes([])).toEqual([])
})

it('leaves room for the rest of the screen', () => {
  const many = Array.from({ length: 30 }, (_, index) => problem(`${index}`))
  expect(fileNotes([file([], many)])).toHaveLength(12)
  expect(fileNotes([file([], many)]).at(-1)).toBe('and 19 more: node-doctor validate says them')
})
