import { describe, expect, it } from 'vitest'
import { NOW, someCondition, someMonitor, someRun } from '../../../libs/view/testing.ts'
import { answerConditions, stuckWords, type Working } from './answers.ts'

const FILES = [{ monitor: 'log', check: 'kernel-monitor', source: 'kernel-monitor' }]
const later = (ms: number) => new Date(NOW.getTime() + ms)

function working(changes: Partial<Working> = {}): Working {
  return { detector: 'live', monitors: [someMonitor({ name: 'log', runs: [] })], files: FILES, now: NOW, ...changes }
}

describe('/healthz of node-problem-detector', () => {
  it('is well while detector and readers work, and while nothing is known yet', () => {
    expect(stuckWords(working())).toBeUndefined()
    expect(stuckWords(working({ detector: 'awaited', monitors: [] }))).toBeUndefined()
  })

  it('says that the detector is silent, and which reader does not answer', () => {
    expect(stuckWords(working({ detector: 'stale' }))).toBe('the detector is silent')
    const gone = { health: 'unreachable', runs: [] } as const
    expect(stuckWords(working({ monitors: [someMonitor({ name: 'log', ...gone })] }))).toBe(
      'monitor log does not answer',
    )
    expect(stuckWords(working({ monitors: [someMonitor({ name: 'gpu', ...gone })] }))).toBeUndefined()
  })

  it('says which file is not read any more, once that is late by far', () => {
    const runs = [someRun({ check: 'kernel-monitor', next: NOW, intervalMs: 10_000 })]
    const monitors = [someMonitor({ name: 'log', runs })]
    expect(stuckWords(working({ monitors, now: later(59_000) }))).toBeUndefined()
    expect(stuckWords(working({ monitors, now: later(61_000) }))).toBe('kernel-monitor is 1 min late')
    expect(stuckWords(working({ monitors, now: later(61_000), files: [] }))).toBeUndefined()
  })
})

describe('/conditions of node-problem-detector', () => {
  it('are those of its files as they were told, in its words, and null where there is none', () => {
    const since = new Date('2026-05-12T03:00:00.500Z')
    const told = { status: 'True', reason: 'DockerHung', message: 'a\n<b>', statusSince: since } as const
    const all = [someCondition({ type: 'KernelDeadlock', entity: '', ...told }), someCondition()]
    expect(answerConditions(all, { types: ['KernelDeadlock', 'Other'] })).toEqual({
      status: 200,
      type: 'application/json',
      body: '[{"type":"KernelDeadlock","status":"True","transition":"2026-05-12T03:00:00.5Z","reason":"DockerHung","message":"a\\n\\u003cb\\u003e"}]',
    })
    expect(answerConditions(all, { types: [] }).body).toBe('null')
  })
})
