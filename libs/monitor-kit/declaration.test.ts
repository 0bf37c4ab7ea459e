import { describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { declarationOf } from './declaration.ts'
import { createRunner } from './run-check.ts'
import { checkOf, healthy, instance, problem, specOf, wordsOf } from './testing/scripted-monitor.ts'
import { surroundings } from './testing/surroundings.ts'
import type { CheckDefinition, CheckResult } from './types.ts'

interface Config {
  readonly rules: readonly { readonly condition: string }[]
}

/** A check whose types stand in its configuration. */
function rulesCheck(more: Partial<CheckDefinition<Config>> = {}): CheckDefinition<Config> {
  return {
    ...checkOf(() => ({ findings: [] }), { type: 'rules-check' }),
    conditions: [specOf('SourceLost')],
    typesFrom: ['rules[].condition'],
    declare: ({ rules }) => ({
      conditions: rules.map(({ condition }) => specOf(condition)),
      events: rules.map(({ condition }) => ({ reason: `${condition}Seen`, severity: 'info', description: '' })),
      metrics: [{ name: 'rule_matches', help: 'Matches', kind: 'counter', unit: '' }],
    }),
    create: () => () => Promise.resolve({ findings: [] }),
    ...more,
  }
}

const OOPS: Config = { rules: [{ condition: 'KernelOops' }] }

function runnerOf(definition: CheckDefinition<Config>, config: unknown, name = 'one') {
  const around = surroundings({ config, name, clock: fakeClock() })
  const runner = createRunner(definition, instance('rules-check', { name, config }), 'tiny', around)
  return { runner, run: () => runner.run(undefined, new AbortController().signal) }
}

describe('what an instance declares', () => {
  it('is what every instance does, and what its configuration names', () => {
    const { conditions, events, metrics } = declarationOf(rulesCheck(), 'one', OOPS)
    expect(conditions.map(({ type }) => type)).toEqual(['SourceLost', 'KernelOops'])
    expect(events.map(({ reason }) => reason)).toEqual(['KernelOopsSeen'])
    expect(metrics.map(({ name }) => name)).toEqual(['rule_matches'])
  })

  it('may be a type that every instance may say, in other words, and no type twice', () => {
    const other = { ...specOf('SourceLost'), polarity: 'true-is-healthy' } as const
    const declare = () => ({ conditions: [other] })
    expect(declarationOf(rulesCheck({ declare, typesFrom: [] }), 'one', OOPS).conditions).toEqual([other])
    const twice = rulesCheck({ declare: () => ({ conditions: [other, other] }) })
    expect(() => declarationOf(twice, 'one', OOPS)).toThrow(
      'check one cannot look: condition type SourceLost stands there twice',
    )
  })

  it('is also what words in its configuration stand for', () => {
    const typesOf = { 'rules[].condition': { all: ['KernelOops', 'DiskLost'] } }
    const definition = rulesCheck({ typesOf, declare: () => ({ conditions: [specOf('DiskLost')] }) })
    const { conditions } = declarationOf(definition, 'one', { rules: [{ condition: 'all' }] })
    expect(conditions.map(({ type }) => type)).toEqual(['SourceLost', 'DiskLost'])
  })

  it.each([
    [
      'a type that its configuration does not name',
      { declare: () => ({ conditions: [specOf('Stolen')] }) },
      OOPS,
      'check one cannot look: it declares condition type "Stolen", and its configuration has no such text at rules[].condition',
    ],
    [
      'types of which its definition does not say where they stand',
      { typesFrom: [] },
      OOPS,
      'check one cannot look: it declares condition type "KernelOops", and its definition has no typesFrom',
    ],
    [
      'a type that is no name',
      {},
      { rules: [{ condition: 'kernel oops' }] },
      'check one cannot look: condition type "kernel oops" does not match ^[A-Z][A-Za-z0-9]{0,62}$',
    ],
    [
      'a type twice',
      {},
      { rules: [{ condition: 'SourceLost' }] },
      'check one cannot look: condition type SourceLost stands there twice',
    ],
  ])('is refused when it is %s', async (_what, more, config, text) => {
    expect(() => declarationOf(rulesCheck(more), 'one', config)).toThrow(
      expect.objectContaining({ code: 'DECLARATION_INVALID', message: text }),
    )
    const { runner, run } = runnerOf(rulesCheck(more), config)
    const types = runner.declared.conditions.map(({ type }) => type)
    expect(types).toEqual(
      'typesFrom' in more || !config.rules.some(({ condition }) => condition === 'KernelOops')
        ? ['SourceLost']
        : ['SourceLost', 'KernelOops'],
    )
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(types.map((type) => `${type} unknown CheckFailed`))
    expect(runs.map(({ error }) => error)).toEqual([text])
  })

  it('is what its runs may say: what another instance declares is not told of this one', async () => {
    const findings = [healthy('SourceLost'), problem('KernelOops'), problem('KernelPanic')]
    const { run } = runnerOf(rulesCheck({ create: () => () => Promise.resolve({ findings }) }), OOPS)
    const { observations, runs } = await run()
    expect(observations.map(wordsOf)).toEqual(['SourceLost healthy BelowLimit', 'KernelOops problem AboveLimit'])
    expect(runs[0]?.error).toBe('check one reported KernelPanic, which it does not declare')
  })
})

describe('an instance that cannot be made', () => {
  const types = ['SourceLost', 'KernelOops']
  const follow = () => Promise.resolve()
  function refuse(): never {
    throw new Error('no such file')
  }

  it.each([
    ['created', { create: refuse, follow }],
    ['declared', { declare: refuse, follow }],
  ])(
    'since it cannot be %s, keeps the types its configuration names, unknown, and follows nothing',
    async (_how, more) => {
      const { runner, run } = runnerOf(rulesCheck(more), OOPS)
      expect(runner.declared.conditions.map(({ type }) => type)).toEqual(types)
      expect(runner.follow).toBeUndefined()
      const { observations, runs } = await run()
      expect(observations.map(wordsOf)).toEqual(types.map((type) => `${type} unknown CheckFailed`))
      expect(runs.map(({ error }) => error)).toEqual(['no such file'])
    },
  )
})

describe('what its source calls in its own words', () => {
  const RAW = 'oops: kernel BUG'
  const config = { rules: [{ condition: RAW }, { condition: 'KernelOops' }, { condition: `x${'y'.repeat(200)}` }] }
  const raw = { ...specOf(RAW), verbatim: true, label: 'a bug' }

  it('stays declared and unknown where the check cannot declare, word by word, and all else goes on', async () => {
    const declare = () => {
      throw new Error('no such file')
    }
    const { runner, run } = runnerOf(rulesCheck({ declare }), config)
    expect(runner.declared.conditions.map(({ type, verbatim }) => [type, verbatim === true])).toEqual([
      ['SourceLost', false],
      [RAW, true],
      ['KernelOops', false],
    ])
    const { observations } = await run()
    expect(observations.map((one) => [wordsOf(one), one.message])).toEqual(
      ['SourceLost', RAW, 'KernelOops'].map((type) => [`${type} unknown CheckFailed`, 'no such file']),
    )
  })

  it('stays declared as it was where something else of the declaration is refused', () => {
    const declare = () => ({ conditions: [raw, specOf('Stolen')] })
    const { runner } = runnerOf(rulesCheck({ declare }), config)
    expect(runner.declared.conditions).toEqual([
      specOf('SourceLost'),
      raw,
      expect.objectContaining({ type: 'KernelOops' }),
    ])
  })

  it.each([
    ['nothing', () => undefined as never],
    ['no list', () => ({ conditions: 'many' }) as never],
    ['no names', () => ({ conditions: [undefined, {}, { type: 7 }] }) as never],
  ])('stays declared where the check declares %s', async (_what, declare) => {
    const { runner, run } = runnerOf(rulesCheck({ declare }), { rules: [{ condition: RAW }] })
    expect(runner.declared.conditions.map(({ type }) => type)).toEqual(['SourceLost', RAW])
    expect((await run()).observations.map(({ health }) => health)).toEqual(['unknown', 'unknown'])
  })
})

describe('a check without a declaration of its own that cannot be made', () => {
  it('is unknown, and keeps nobody from running', async () => {
    const definition = checkOf(() => ({ findings: [] }), {
      create: () => {
        throw new Error('no such library')
      },
    })
    const runner = createRunner(definition, instance(), 'tiny', surroundings({ clock: fakeClock() }))
    const { observations, runs } = await runner.run(undefined, new AbortController().signal)
    expect(observations.map(wordsOf)).toEqual(['DiskFull unknown CheckFailed', 'DiskSlow unknown CheckFailed'])
    expect(runs.map(({ error }) => error)).toEqual(['no such library'])
  })
})

describe('one of many instances', () => {
  const many = (run: () => CheckResult) =>
    rulesCheck({ instances: 'many', create: () => () => Promise.resolve().then(run) })

  it('is the entity of what it says without one', async () => {
    const { run } = runnerOf(
      many(() => ({
        findings: [problem('KernelOops'), healthy('SourceLost', 'file:/x')].map(({ entity, ...finding }) =>
          entity === '' || entity === undefined ? finding : { entity, ...finding },
        ),
        events: [{ reason: 'KernelOopsSeen', severity: 'info', message: 'seen' }],
      })),
      OOPS,
      'kernel rules',
    )
    const { observations, events } = await run()
    expect(observations.map(wordsOf)).toEqual([
      'KernelOops kernel rules problem AboveLimit',
      'SourceLost file:/x healthy BelowLimit',
    ])
    expect(events.map(({ entity }) => entity)).toEqual(['kernel rules'])
  })

  it('that cannot look says so of itself, and takes that back once it can', async () => {
    const script: { now: () => CheckResult } = {
      now: () => {
        throw new Error('no')
      },
    }
    const { run } = runnerOf(
      many(() => script.now()),
      OOPS,
      'a',
    )
    expect((await run()).observations.map(wordsOf)).toEqual([
      'SourceLost a unknown CheckFailed',
      'KernelOops a unknown CheckFailed',
    ])
    script.now = () => ({ findings: [healthy('SourceLost', 'a'), healthy('KernelOops', 'core:1')] })
    expect((await run()).withdrawn).toEqual([{ type: 'KernelOops', entity: 'a' }])
  })
})
