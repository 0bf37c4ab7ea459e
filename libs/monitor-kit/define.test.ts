import { describe, expect, it } from 'vitest'
import { conditionTypeOf, defineMonitor } from './define.ts'
import { checkOf, wellScript } from './testing/scripted-monitor.ts'

const [spec] = checkOf(wellScript().disk).conditions

describe('a check', () => {
  it.each([
    [{ type: 'Disk Check' }, 'name "Disk Check" does not match ^[a-z][a-z0-9-]{0,62}$'],
    [{ aliases: ['disk-check'] }, 'name disk-check stands there twice'],
    [{ timeoutMs: 30_001 }, 'its timeout of 30001 ms is not between 0 and its interval of 30000 ms'],
    [{ timeoutMs: 0 }, 'its timeout of 0 ms is not between 0 and its interval of 30000 ms'],
    [{ conditions: [spec!, spec!] }, 'condition type DiskFull stands there twice'],
    [{ conditions: [{ ...spec!, type: 'disk full' }] }, 'condition type "disk full" does not match'],
    [{ events: [{ reason: 'no camel', severity: 'info', description: '' }] }, 'event reason "no camel" does not match'],
    [{ typesFrom: ['rules[0]'], declare: () => ({ conditions: [] }) }, 'path "rules[0]" does not match'],
    [{ typesFrom: ['rules[].type'] }, 'it has typesFrom and no declare'],
    [{ apartBy: 'paths[].path', instances: 'many' }, 'of many instances each has its name; it has apartBy beside'],
    [{ metrics: [{ name: 'diskUsed', help: '', kind: 'gauge', unit: '' }] }, 'metric "diskUsed" does not match'],
    [
      { metrics: [{ name: 'disk/used', help: '', kind: 'gauge', unit: '', verbatim: true }] },
      'metric "disk/used" does not match',
    ],
    [
      {
        metrics: [
          { name: 'used', help: '', kind: 'gauge', unit: '' },
          { name: 'used', help: '', kind: 'gauge', unit: '', verbatim: true },
        ],
      },
      'metric used stands there twice',
    ],
  ] as const)('that cannot work is refused: %o', (more, problem) => {
    expect(() => checkOf(wellScript().disk, more)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
    expect(() => checkOf(wellScript().disk, more)).toThrow(problem)
  })

  it('may call a metric as another program calls it', () => {
    const metrics = [
      { name: 'kubernetes_io_Net_rxBytes', help: '', kind: 'counter', unit: '', verbatim: true },
    ] as const
    expect(checkOf(wellScript().disk, { metrics }).metrics).toEqual(metrics)
  })

  it('has the defaults that its conditions leave out', () => {
    expect(conditionTypeOf(spec!)).toMatchObject({
      type: 'DiskFull',
      polarity: 'true-is-problem',
      shared: false,
      recovery: [{ kind: 'healthy-checks', count: 2 }],
      recoveryText: '',
    })
  })
})

describe('a monitor', () => {
  const one = checkOf(wellScript().disk)

  it('of two checks with one name is refused', () => {
    const checks = [one, checkOf(wellScript().disk, { type: 'x', aliases: ['disk-check'], conditions: [] })]
    expect(() => defineMonitor({ name: 'm', description: '', checks })).toThrow('check disk-check stands there twice')
  })

  it('of two checks with one condition type is refused, unless it is shared', () => {
    const other = checkOf(wellScript().disk, { type: 'other' })
    expect(() => defineMonitor({ name: 'm', description: '', checks: [one, other] })).toThrow(
      'monitor "m" cannot be defined: condition type, which no check says is shared, DiskFull stands there twice',
    )
    const shared = [one, other].map((check) => ({
      ...check,
      conditions: check.conditions.map((condition) => ({ ...condition, shared: true })),
    }))
    defineMonitor({ name: 'm', description: '', checks: shared })
  })

  it.each([
    ['Temp', 'flag "Temp" does not match'],
    ['socket', 'every monitor has the flag socket'],
    ['log-level', 'every monitor has the flag log-level'],
  ])('with a flag that cannot be one is refused: %s', (flag, problem) => {
    const flags = [{ name: flag, value: 'X', what: '', parse: () => ({}) }]
    expect(() => defineMonitor({ name: 'm', description: '', checks: [one], flags })).toThrow(problem)
  })

  it('whose name is no name is refused', () => {
    expect(() => defineMonitor({ name: 'a/b', description: '', checks: [] })).toThrow('name "a/b" does not match')
  })
})
