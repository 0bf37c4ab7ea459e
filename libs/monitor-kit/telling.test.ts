import { describe, expect, it } from 'vitest'
import type { Observation } from '#model'
import { observation, report } from '../model/testing.ts'
import { together } from './telling.ts'

function wordsOf(observations: readonly Observation[] = []) {
  return observations.map(({ type, entity, health, check }) => [type, entity, health, check])
}

describe('reports of several checks as one', () => {
  const healthy = (check: string, entity = '') => observation('GPUHealthy', 'healthy', { check, entity })

  it('say each condition once, in the last word on it, whichever check was asked for first', () => {
    const slow = report([healthy('health'), observation('GPUHung', 'healthy')], { sequence: 7 })
    const quick = report([observation('GPUHealthy', 'problem', { check: 'fabric' })], { sequence: 6 })
    const later = report([observation('GPUHealthy', 'problem', { check: 'fabric' })], { sequence: 9 })
    expect(wordsOf(together([slow, quick])?.observations)).toEqual([
      ['GPUHealthy', '', 'healthy', 'health'],
      ['GPUHung', '', 'healthy', 'check'],
    ])
    expect(wordsOf(together([later, slow])?.observations)).toEqual([
      ['GPUHealthy', '', 'problem', 'fabric'],
      ['GPUHung', '', 'healthy', 'check'],
    ])
    expect(together([later, slow])?.sequence).toBe(9)
  })

  it('say the same type of each entity', () => {
    const both = together([report([healthy('health', 'gpu:1')]), report([healthy('health', 'gpu:2')])])
    expect(wordsOf(both?.observations).map(([, entity]) => entity)).toEqual(['gpu:1', 'gpu:2'])
    expect(together([])).toBeUndefined()
  })
})
