import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProblemMetrics } from '#npd-words'
import { type ConditionState, initialConditions, judge } from './conditions.ts'
import { schema } from './config.ts'
import { cursorOf, recalledConditions } from './cursor.ts'
import { declarationOf } from './declare.ts'
import { noteResult } from './problem-metrics.ts'
import { settingsOf } from './settings.ts'
import { createSlots } from './slots.ts'
import { findingsOf } from './told.ts'

const CONDITIONS = [
  { type: 'NTPProblem', reason: 'NTPIsUp', message: 'ntp service is up' },
  { type: 'Other', reason: '', message: '' },
]
const RULES = [
  { type: 'temporary', reason: 'NTPIsDown', path: '/ntp.sh' },
  { type: 'permanent', condition: 'NTPProblem', reason: 'NTPIsDown', path: '/ntp.sh' },
]
const NOW = new Date('2026-01-02T03:04:05Z')

function settingsWith(more: object) {
  return () => settingsOf(schema.parse({ path: '/f.json', conditions: CONDITIONS, ...more }))
}

describe('a file that cannot be run as it stands is refused with key, value and why:', () => {
  it.each([
    [{ pluginConfig: { timeout: '5' } }, 'cannot read pluginConfig.timeout "5": time: missing unit in duration "5"'],
    [{ pluginConfig: { invoke_interval: '0s' } }, 'pluginConfig.invoke_interval "0s" is not more than nothing'],
    [{ pluginConfig: { concurrency: 0 } }, 'pluginConfig.concurrency is 0; it has to be 1 or more'],
    [{ pluginConfig: { max_output_length: -1 } }, 'pluginConfig.max_output_length is -1; it has to be 0 or more'],
    [{ rules: [{ timeout: '6s' }] }, 'rules[0].timeout "6s" is more than that of all rules (pluginConfig.timeout)'],
    [
      { rules: [{ invoke_interval: '1d' }] },
      'cannot read rules[0].invoke_interval "1d": time: unknown unit "d" in duration "1d"',
    ],
    [{ rules: [{ type: 'permanent', condition: 'X' }] }, 'rules[0].condition "X" is none of conditions[].type'],
  ])('%j', (more, message) => {
    expect(settingsWith(more)).toThrow(message)
  })

  it('what node-problem-detector takes is taken', () => {
    expect(settingsWith({ rules: [{ type: 'bogus', condition: 'X' }], pluginConfig: { timeout: '-1s' } })).not.toThrow()
  })
})

describe('the metrics of a file', () => {
  const { rules } = settingsWith({ rules: RULES })()
  const values = (metrics: ReturnType<typeof createProblemMetrics>) =>
    metrics.samples().map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`)

  it('are there from the beginning', () => {
    expect(values(createProblemMetrics(rules))).toEqual([
      'problem_counter NTPIsDown 0',
      'problem_gauge NTPProblem NTPIsDown 0',
    ])
  })

  it('have one reason of a type at 1 at most, and count what is active', () => {
    const metrics = createProblemMetrics(rules)
    const [first, other] = initialConditions(CONDITIONS, NOW) as [ConditionState, ConditionState]
    const event = { severity: 'warning', reason: 'NTPIsDown', message: '', at: NOW, isActive: true } as const
    noteResult(metrics, event, [{ ...first, status: 'True', reason: 'NTPIsDown' }, other])
    expect(values(metrics)).toEqual([
      'problem_counter NTPIsDown 1',
      'problem_gauge NTPProblem NTPIsDown 1',
      'problem_gauge Other  0',
    ])
    noteResult(metrics, { ...event, reason: 'NTPIsUp', isActive: false }, [first, other])
    expect(values(metrics)).toEqual([
      'problem_counter NTPIsDown 1',
      'problem_gauge NTPProblem NTPIsDown 0',
      'problem_gauge NTPProblem NTPIsUp 0',
      'problem_gauge Other  0',
    ])
  })
})

describe('what a file declares', () => {
  it('is its types and reasons, word by word; a temporary reason opens a problem for ten minutes', () => {
    const { conditions, events } = declarationOf(schema.parse({ path: '/f', conditions: CONDITIONS, rules: RULES }))
    expect(conditions.map(({ type, verbatim, shared, recovery }) => ({ type, verbatim, shared, recovery }))).toEqual(
      ['NTPProblem', 'Other'].map((type) => ({
        ...{ type, verbatim: true, shared: true, recovery: { kind: 'healthy-checks', count: 1 } },
      })),
    )
    expect(
      events?.map(({ reason, severity, verbatim, recovery }) => ({ reason, severity, verbatim, recovery })),
    ).toEqual([
      { reason: 'NTPIsDown', severity: 'warning', verbatim: true, recovery: { kind: 'absent', forMs: 600_000 } },
      { reason: 'NTPIsUp', severity: 'info', verbatim: true, recovery: undefined },
      { reason: '', severity: 'info', verbatim: true, recovery: undefined },
    ])
  })

  it('says each type once, also where it stands twice', () => {
    const twice = [...CONDITIONS, { type: 'Other', reason: 'Again', message: '' }]
    expect(declarationOf(schema.parse({ path: '/f', conditions: twice })).conditions).toHaveLength(2)
    const { conditions, rules, ...settings } = settingsWith({
      conditions: twice,
      rules: [{ type: 'permanent', condition: 'Other', reason: 'OtherIsDown', path: '/x' }],
    })()
    const said = initialConditions(conditions, NOW)
    expect(findingsOf(said).map(({ reason }) => reason)).toEqual(['NTPIsUp', ''])
    // The one that rules set: node-problem-detector shows the other, and never the problem (B12).
    const outcome = { status: 'NonOK', output: Buffer.from('down') } as const
    const judged = judge(said, rules[0] as (typeof rules)[number], outcome, { ...settings, conditions }, NOW)
    expect(findingsOf(judged.conditions)[1]).toMatchObject({ type: 'Other', health: 'problem', reason: 'OtherIsDown' })
    const metrics = createProblemMetrics([{ condition: 'Other', reason: 'OtherIsDown', isPermanent: true }])
    noteResult(metrics, judged.event, judged.conditions)
    expect(metrics.samples().map(({ labels, value }) => [labels['type'], labels['reason'], value])).toEqual([
      [undefined, 'OtherIsDown', 1],
      ['Other', 'OtherIsDown', 1],
      ['NTPProblem', 'NTPIsUp', 0],
    ])
  })
})

describe('a cursor', () => {
  const condition = fc.record({
    type: fc.constantFrom('NTPProblem', 'Other'),
    status: fc.constantFrom('True', 'Unknown'),
    reason: fc.string({ unit: 'binary' }),
    message: fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
    transition: fc.date({ noInvalidDate: true }),
  }) as fc.Arbitrary<ConditionState>

  it('brings back what is not well, word by word, over a file', () => {
    fc.assert(
      fc.property(condition, (one) => {
        const kept = JSON.parse(JSON.stringify(cursorOf([one]))) as unknown
        expect(recalledConditions(kept, CONDITIONS, NOW)?.find(({ type }) => type === one.type)).toEqual(one)
      }),
    )
  })

  it('is no larger than is kept, and has of what is not well all but the end of its words', () => {
    const large = initialConditions(CONDITIONS, NOW).map((one, index): ConditionState => {
      return { ...one, status: 'True', reason: 'Down', message: Buffer.alloc(index === 0 ? 4_000 : 100, '\u00e9') }
    })
    const cursor = cursorOf(large)
    expect(Buffer.byteLength(JSON.stringify(cursor))).toBeLessThanOrEqual(4_096)
    const back = recalledConditions(cursor, CONDITIONS, NOW)
    expect(back?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['NTPProblem', 'True', 'Down'],
      ['Other', 'True', 'Down'],
    ])
    const [first] = back ?? []
    expect(large[0]?.message.subarray(0, first?.message.length).equals(first?.message ?? Buffer.alloc(0))).toBe(true)
    expect(first?.message.length).toBeGreaterThan(500)
  })

  it('never makes well what it had no room for', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ type: `Type${index}`, reason: 'Well', message: '' }))
    const ill = initialConditions(many, NOW).map((one): ConditionState => ({ ...one, status: 'True', reason: 'Down' }))
    const cursor = cursorOf(ill)
    expect(Buffer.byteLength(JSON.stringify(cursor))).toBeLessThanOrEqual(4_096)
    const back = recalledConditions(cursor, many, NOW) ?? []
    expect(new Set(back.map(({ status }) => status))).toEqual(new Set(['True', 'Unknown']))
  })

  it('knows what is well without having room for it: all that is not well stands there', () => {
    const many = Array.from({ length: 70 }, (_, index) => ({
      type: `Condition${index}Problem`,
      reason: `Condition${index}IsFine`,
      message: 'fine',
    }))
    const well = initialConditions(many, NOW)
    const twice = [...many, { type: 'Condition69Problem', reason: 'Again', message: '' }]
    const ill = initialConditions(twice, NOW).map((one, index): ConditionState => {
      return index === 70 ? { ...one, status: 'True', reason: 'Down' } : one
    })
    expect(recalledConditions(cursorOf(well), many, NOW)).toEqual(well)
    expect(recalledConditions(cursorOf(ill), twice, NOW)).toEqual(ill)
  })

  it('knows nothing of what it does not name, where one of its entries cannot be read', () => {
    const cursor = { conditions: [['NTPProblem', 'True', 'Down', 'x', 1]], hasMore: false }
    expect(recalledConditions(cursor, CONDITIONS, NOW)?.map(({ status }) => status)).toEqual(['Unknown', 'Unknown'])
  })

  it('tells two of one type apart', () => {
    const twice = [...CONDITIONS, { type: 'Other', reason: 'Again', message: '' }]
    const said = initialConditions(twice, NOW).map((one, index): ConditionState => {
      return index === 2 ? { ...one, status: 'True', reason: 'Down' } : one
    })
    expect(recalledConditions(cursorOf(said), twice, NOW)?.map(({ status }) => status)).toEqual([
      'False',
      'False',
      'True',
    ])
  })

  it('may be anything, since it is a file', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (cursor, one) => {
        recalledConditions(cursor, CONDITIONS, NOW)
        const back = recalledConditions({ conditions: [one] }, CONDITIONS, NOW)
        expect(back?.map(({ type }) => type)).toEqual(['NTPProblem', 'Other'])
      }),
    )
  })
})

describe('slots', () => {
  it('are given to who asked first, and not to who went away', async () => {
    const slots = createSlots(1)
    const stay = new AbortController()
    const away = new AbortController()
    const order: string[] = []
    const first = await slots.take(stay.signal)
    const second = slots.take(away.signal).catch(() => order.push('second gone'))
    const third = slots.take(stay.signal).then((giveBack) => {
      order.push('third')
      giveBack()
    })
    away.abort(new Error('away'))
    await second
    first()
    first()
    await third
    const [a, b] = [await slots.take(stay.signal), slots.take(stay.signal)]
    await expect(Promise.race([b, Promise.resolve('waits')])).resolves.toBe('waits')
    a()
    await b
    expect(order).toEqual(['second gone', 'third'])
  })
})
