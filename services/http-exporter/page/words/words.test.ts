import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConditionView, MonitorView } from '#view'
import { filterConditions, groupConditions } from './filter.ts'
import { groupWords, monitorsWords } from './labels.ts'
import { calledNow, namesOf } from './names.ts'
import { quantityOf } from './quantity.ts'
import { asSentence, counted } from './sentences.ts'
import { ageOf, clockOf, tookOf } from './times.ts'

const NOW = Date.parse('2026-05-12T03:14:20Z')

describe('times', () => {
  it('are clocks of UTC, with the day when it is another', () => {
    expect(clockOf('2026-05-12T03:10:11Z', NOW)).toBe('03:10:11')
    expect(clockOf('2026-05-11T22:00:00Z', NOW)).toBe('11 May 22:00:00')
  })

  it.each([
    ['lasting', '2026-05-12T03:10:11Z', '4 min'],
    ['precise', '2026-05-12T03:06:38Z', '7 min 42 s'],
    ['ago', '2026-05-12T03:14:12Z', '8 s ago'],
    ['until', '2026-05-12T03:14:23Z', 'in 3 s'],
    ['until', '2026-05-12T03:14:20Z', 'now'],
    ['until', '2026-05-12T03:00:00Z', 'now'],
  ] as const)('told as %s of %s are "%s"', (form, at, words) => {
    expect(ageOf(at, NOW, form)).toBe(words)
  })

  it.each([
    [0.2, '0.2 ms'],
    [4.12, '4.1 ms'],
    [640, '640 ms'],
    [1910, '1.91 s'],
    [12_000, '12 s'],
    [1e9, '11 d 13 h'],
  ])('%d ms that a check took are "%s"', (ms, words) => {
    expect(tookOf(ms)).toBe(words)
  })
})

describe('sentences', () => {
  it.each([
    ['the monitor answers again', 'The monitor answers again.'],
    ['7.6 GiB free.', '7.6 GiB free.'],
    ['cut off…', 'Cut off…'],
    ['  ', ''],
    ['\u{1f600} is here', '\u{1f600} is here.'],
  ])('"%s" becomes "%s"', (words, sentence) => {
    expect(asSentence(words)).toBe(sentence)
  })

  it('never throw, and keep their words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (words) => {
        expect(asSentence(words).toLowerCase()).toContain(words.trim().toLowerCase().slice(2))
      }),
    )
  })

  it('count', () => {
    expect(counted(1, 'problem')).toBe('1 problem')
    expect(counted(1234, 'problem')).toBe('1,234 problems')
  })
})

describe('quantities', () => {
  it('are written with a power of ten where nobody would read the digits', () => {
    expect(quantityOf(96.2, '%')).toBe('96.2 %')
    expect(quantityOf(0, 'ms')).toBe('0 ms')
    expect(quantityOf(1e308, 'GiB')).toBe('1.00e+308 GiB')
    expect(quantityOf(-4e-9, '')).toBe('-4.00e-9')
  })
})

function condition(changes: Partial<ConditionView>): ConditionView {
  return {
    id: 'system/DiskFull/disk:/var',
    type: 'DiskFull',
    entity: 'disk:/var',
    status: 'False',
    health: 'healthy',
    level: 'healthy',
    severity: 'info',
    reason: 'BelowLimit',
    message: '77 % used',
    label: '/var full',
    since: '',
    proven: '',
    monitor: 'system',
    sources: ['system'],
    check: 'disk',
    polarity: 'true-is-problem',
    held: '',
    recovery: '',
    ...changes,
  }
}

describe('the filter', () => {
  const all = [
    condition({}),
    condition({
      id: 'b',
      monitor: 'log',
      type: 'KernelHang',
      label: 'hung',
      message: 'since 3 min',
      entity: '',
      level: 'critical',
      health: 'problem',
    }),
  ]

  it('finds what has every word, in any order and case', () => {
    expect(filterConditions(all, '')).toBe(all)
    expect(filterConditions(all, ' FULL  77 ')).toEqual([all[0]])
    expect(filterConditions(all, 'critical node')).toEqual([all[1]])
    expect(filterConditions(all, 'critical disk:/var')).toEqual([])
  })

  it('groups by monitor in order of name, and keeps groups that stayed the same', () => {
    const before = groupConditions(all, [])
    expect(before.map(({ monitor }) => monitor)).toEqual(['log', 'system'])
    const changed = [all[0] ?? condition({}), condition({ id: 'b', monitor: 'log' })]
    const after = groupConditions(changed, before)
    expect(after[1]).toBe(before[1])
    expect(after[0]).not.toBe(before[0])
  })

  it('counts a group worst first', () => {
    expect(groupWords([...all, condition({ level: 'unknown', health: 'unknown' })])).toBe(
      '1 problem, 1 unknown, 1 healthy',
    )
    expect(groupWords([condition({ level: 'stale', health: 'unknown' })])).toBe('1 not known')
  })
})

describe('the monitors in one line', () => {
  const monitor = (health: MonitorView['health'], origin: MonitorView['origin']): MonitorView =>
    ({ health, origin }) as MonitorView

  it.each([
    [[monitor('alive', 'built-in')], '1, alive; 1 built in'],
    [[monitor('alive', 'built-in'), monitor('alive', 'discovered')], '2, all alive; 1 built in, 1 from third parties'],
    [
      [monitor('unreachable', 'configured'), monitor('alive', 'built-in')],
      '1 does not answer, 1 alive; 1 built in, 1 from third parties',
    ],
    [[monitor('awaited', 'built-in')], '1 not heard yet; 1 built in'],
  ])('%#', (monitors, words) => {
    expect(monitorsWords(monitors)).toBe(words)
  })
})

describe('names', () => {
  const gpu = { entity: 'gpu:GPU-3f0a51c1-7b2e', subject: 'GPU 1, H200' } as ConditionView
  const other = { entity: 'disk:/var' } as ConditionView

  it('calls a thing by the name that is known by now, whenever it was written down', () => {
    const names = namesOf([other, gpu, { entity: gpu.entity } as ConditionView])
    expect(calledNow('GPU-3f0a51c1-7b2e memory errors', names)).toBe('GPU 1, H200 memory errors')
    expect(calledNow('GPU-3f0a51c1-7b2e temperature', names)).toBe('GPU 1, H200 temperature')
    expect(calledNow('GPU 1, H200 memory errors', names)).toBe('GPU 1, H200 memory errors')
    expect(calledNow('/var full', names)).toBe('/var full')
  })

  it('leaves words alone that may be anything', () => {
    const short = { entity: 'cpu:0', subject: 'CPU 0' } as ConditionView
    expect(calledNow('load 0', namesOf([short]))).toBe('load 0')
  })
})
