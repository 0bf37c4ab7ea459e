import { describe, expect, it } from 'vitest'
import { scriptedMonitor, specOf, wellScript } from '../testing/scripted-monitor.ts'
import { defineCheck } from './define.ts'
import { instancesFor, plainService } from './serve.ts'
import { readCall } from './settings.ts'

const tiny = scriptedMonitor(wellScript())

describe('the checks of a monitor without a configuration', () => {
  it('run as their definitions say, each once', () => {
    expect(instancesFor(tiny, {})).toEqual([
      { name: 'disk-check', type: 'disk-check', intervalMs: 30_000, timeoutMs: 10_000, config: {}, dependsOn: [] },
      { name: 'cpu-check', type: 'cpu-check', intervalMs: 30_000, timeoutMs: 10_000, config: {}, dependsOn: [] },
    ])
  })

  it('run as its code says instead', () => {
    const checks = { 'cpu-check': { config: { limit: 3 }, intervalMs: 60_000, timeoutMs: 1_000 } }
    expect(instancesFor(tiny, { checks })[1]).toMatchObject({
      config: { limit: 3 },
      intervalMs: 60_000,
      timeoutMs: 1_000,
    })
  })

  it.each([
    [{ cpu: {} }, 'monitor "tiny" cannot be defined: it has no check cpu, only disk-check, cpu-check'],
    [
      { 'cpu-check': { timeoutMs: 30_001 } },
      'check "cpu-check" cannot be defined: its timeout of 30001 ms is not between 0 and its interval of 30000 ms',
    ],
  ])('are refused where they cannot be: %j', (checks, text) => {
    expect(() => instancesFor(tiny, { checks })).toThrow(text)
  })

  it('have the keys of flags over those of its code, and the version of a flag over its own', () => {
    const flag = {
      name: 'limit',
      value: 'N',
      what: '',
      parse: (text: string) => ({ checks: { 'cpu-check': { limit: Number(text) } }, version: '7' }),
    }
    const definition = { ...tiny, flags: [flag] }
    const asked = readCall(definition, { argv: ['--limit', '5'], env: {}, hostName: 'n1' })
    if (asked.kind !== 'run') throw new Error('it is to run')
    const options = { version: '1.2.0', checks: { 'cpu-check': { config: { limit: 3, kept: true } } } }
    const slice = plainService(definition, options).config(asked.config, asked.flags)
    expect(slice).toMatchObject({ version: '7', checks: [{}, { config: { limit: 5, kept: true } }] })
    expect(plainService(definition, options).config(asked.config, {}).version).toBe('1.2.0')
    expect(plainService(definition, {}).config(asked.config, {}).version).toBe('0.0.0')
  })
})

describe('a check of somebody else', () => {
  const plain = { type: 'mine', description: 'Looks at mine', intervalMs: 30_000, timeoutMs: 5_000 }
  const words = { label: 'mine', healthyReason: 'Well', healthyMessage: 'well' }
  const create = () => () => Promise.resolve({ findings: [] })

  it('leaves out what only our pages say, also of what an instance declares', () => {
    const conditions = [{ type: 'Mine', ...words }]
    const check = defineCheck({ ...plain, conditions, create, typesFrom: ['x'], declare: () => ({ conditions }) })
    const whole = { ...specOf('Mine'), ...words, description: 'Looks at mine' }
    expect(check.conditions).toEqual([whole])
    expect(check.declare?.({}).conditions).toEqual([whole])
  })

  it('may follow a source only', () => {
    const check = defineCheck({ ...plain, conditions: [], follow: () => Promise.resolve() })
    expect(check.create).toBeTypeOf('function')
    expect(check.declare).toBeUndefined()
  })
})
