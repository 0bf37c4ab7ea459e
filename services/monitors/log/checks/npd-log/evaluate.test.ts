import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quote } from '#golang'
import { naiveLines } from '../../../../../libs/pattern/testing-naive.ts'
import type { LogLine } from '../../sources/types.ts'
import { type Config, schema } from './config.ts'
import { createEvaluator } from './evaluate.ts'

const NOW = 5_000

function configOf(more: Partial<Config>): Config {
  return schema.parse({ path: '/config/kernel-monitor.json', plugin: 'kmsg', ...more })
}

function lineOf(text: string | Buffer, index = 0, alternate?: string): LogLine {
  const at = new Date(1_000_000 + index * 1000)
  const other = alternate === undefined ? {} : { alternate: Buffer.from(alternate) }
  return { bytes: Buffer.from(text), at, key: `boot ${index}`, cursor: index, ...other }
}

type RuleOf = Partial<Config['rules'][number]>

function ruleOf(rule: RuleOf): Config['rules'][number] {
  return { type: 'temporary', condition: '', reason: 'R', pattern: '', patternGeneratedMessageSuffix: '', ...rule }
}

/** What a file says of lines: events of each, in words. */
function saidOf(config: Config, lines: readonly (string | LogLine)[]): string[][] {
  const evaluator = createEvaluator(config)
  return lines.map((line, index) =>
    evaluator
      .push(typeof line === 'string' ? lineOf(line, index) : line, NOW)
      .events.map(({ reason, message }) => `${reason}: ${message}`),
  )
}

describe('a temporary rule', () => {
  it('tells the lines that it matches, from the first to the newest, with the time of the first', () => {
    const config = configOf({ rules: [ruleOf({ reason: 'OOM', pattern: 'Killed\\n.*java' })] })
    const evaluator = createEvaluator(config)
    evaluator.push(lineOf('Killed', 1), NOW)
    const { events } = evaluator.push(lineOf('process java', 2), NOW)
    expect(events).toEqual([
      {
        severity: 'warning',
        reason: 'OOM',
        message: 'Killed\nprocess java',
        at: new Date(1_001_000),
        key: 'boot 2 rule 0',
        rule: 0,
      },
    ])
    expect(evaluator.looksBack).toBe(9)
  })

  it('has its suffix behind the message', () => {
    const rules = [ruleOf({ pattern: 'a.*', patternGeneratedMessageSuffix: 'ask the owner' })]
    expect(saidOf(configOf({ rules }), ['xabc'])).toEqual([['R: xabc; ask the owner']])
  })

  it('has U+FFFD for each byte that is no UTF-8', () => {
    const config = configOf({ rules: [ruleOf({ pattern: 'a.*' })] })
    const [said] = createEvaluator(config).push(lineOf(Buffer.from([0x61, 0xff, 0xc3])), NOW).events
    expect(said?.message).toBe('a\uFFFD\uFFFD')
  })
})

describe('a permanent rule', () => {
  const config = configOf({
    conditions: [{ type: 'KernelDeadlock', reason: 'KernelHasNoDeadlock', message: 'kernel has no deadlock' }],
    rules: [
      ruleOf({ type: 'permanent', condition: 'KernelDeadlock', reason: 'TaskHung', pattern: 'task .* hung' }),
      // A typing error of whoever wrote it is a permanent rule.
      ruleOf({ type: 'permanant', condition: 'KernelDeadlock', reason: 'DockerHung', pattern: 'task docker.* hung' }),
      ruleOf({ type: 'permanent', condition: 'Unlisted', reason: 'Never', pattern: 'task .*' }),
    ],
  })

  it('is False as the file has it until it matches', () => {
    const { conditions } = createEvaluator(config)
    expect(conditions.all).toEqual([
      {
        type: 'KernelDeadlock',
        reason: 'KernelHasNoDeadlock',
        message: 'kernel has no deadlock',
        isTrue: false,
        since: undefined,
        seenMs: undefined,
      },
    ])
  })

  it('makes its condition True, with the words of the first match, and tells each change of its reason', () => {
    const evaluator = createEvaluator(config)
    const said = ['task a hung', 'task b hung', 'task docker:7 hung'].map((text, index) =>
      evaluator.push(lineOf(text, index), NOW),
    )
    const change = 'Node condition KernelDeadlock is now: True, reason:'
    expect(said.map(({ events }) => events.map(({ message }) => message))).toEqual([
      [`${change} TaskHung, message: "task a hung"`],
      [],
      [`${change} DockerHung, message: "task docker:7 hung"`],
    ])
    expect(said.map(({ touched }) => touched.map(({ reason }) => reason))).toEqual([
      ['TaskHung'],
      ['TaskHung'],
      ['TaskHung', 'DockerHung'],
    ])
    expect(evaluator.conditions.of('KernelDeadlock')).toMatchObject({
      isTrue: true,
      reason: 'DockerHung',
      message: 'task docker:7 hung',
      since: new Date(1_002_000),
    })
  })

  it('quotes the message as Go does, byte by byte', () => {
    const raw = Buffer.concat([Buffer.from('task "ä" 50% hung'), Buffer.from([0xff])])
    const bytes = configOf({ ...config, rules: [{ ...config.rules[0]!, pattern: 'task .*' }] })
    const [event] = createEvaluator(bytes).push(lineOf(raw), NOW).events
    expect(event?.message).toBe(
      'Node condition KernelDeadlock is now: True, reason: TaskHung, message: "task \\"ä\\" 50% hung\\xff"',
    )
  })

  it('may be ended by a line, where somebody wrote of which', () => {
    const evaluator = createEvaluator(
      configOf({ ...config, recover: { KernelDeadlock: { match: 'task .* runs again' } } }),
    )
    evaluator.push(lineOf('task a hung', 1), NOW)
    const { events, touched } = evaluator.push(lineOf('task a runs again', 2), NOW)
    expect(events).toEqual([
      {
        severity: 'info',
        reason: 'KernelHasNoDeadlock',
        message:
          'Node condition KernelDeadlock is now: False, reason: KernelHasNoDeadlock, message: "kernel has no deadlock"',
        at: new Date(1_002_000),
        key: 'boot 2 end KernelDeadlock',
        rule: undefined,
      },
    ])
    expect(touched).toMatchObject([{ isTrue: false, since: new Date(1_002_000) }])
    expect(evaluator.push(lineOf('task a runs again', 3), NOW).events).toEqual([])
  })

  it('is True where a line says both that it is and that it is over, as with rules of our own', () => {
    const recover = { KernelDeadlock: { match: 'task .* hung no more' } }
    const rules = [{ ...config.rules[0]!, pattern: 'task .* hung.*' }]
    const evaluator = createEvaluator(configOf({ ...config, rules, recover }))
    evaluator.push(lineOf('task a hung', 1), NOW)
    const { events, touched } = evaluator.push(lineOf('task a hung no more', 2), NOW)
    expect(touched.map(({ isTrue }) => isTrue)).toEqual([false, true])
    expect(events.map(({ rule }) => rule)).toEqual([undefined, 0])
    expect(evaluator.conditions.of('KernelDeadlock')?.isTrue).toBe(true)
  })

  it('is ended once by a line of several branches, also where B6 lets old lines match again', () => {
    const recover = { KernelDeadlock: { match: 'fine again|all well' } }
    const evaluator = createEvaluator(configOf({ ...config, recover, compat: ['B6'] }))
    const said = ['task a hung', 'fine again', 'task b hung', 'quiet'].map((text, index) => {
      evaluator.push(lineOf(text, index), NOW)
      return evaluator.conditions.of('KernelDeadlock')?.isTrue
    })
    expect(said).toEqual([true, false, true, true])
  })
})

describe('a rule whose first branch is not held to the end', () => {
  const lines = ['foo', 'x', 'bar', 'y', 'foo again', 'z']

  it('tells an old line once, and goes on telling what is new', () => {
    expect(saidOf(configOf({ rules: [ruleOf({ pattern: 'foo|bar' })] }), lines)).toEqual([
      ['R: foo'],
      [],
      ['R: bar'],
      [],
      ['R: foo again'],
      [],
    ])
  })

  it('tells it as long as it is kept, as node-problem-detector does, where that is asked for (B6)', () => {
    const config = configOf({ rules: [ruleOf({ pattern: 'foo|bar' })], bufferSize: 3, compat: ['B6'] })
    expect(saidOf(config, lines)).toEqual([
      ['R: foo'],
      ['R: foo\nx'],
      ['R: foo\nx\nbar'],
      [],
      ['R: foo again'],
      ['R: foo again\nz'],
    ])
  })

  it('goes on telling a match that reaches the newest line', () => {
    expect(saidOf(configOf({ rules: [ruleOf({ pattern: '(?s)foo.*' })] }), ['foo', 'x'])).toEqual([
      ['R: foo'],
      ['R: foo\nx'],
    ])
  })
})

describe('lines of drivers', () => {
  const link = 'e1000 0000:00:03.0: eth0: Link is Down'
  const withFields = `${link}\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:03.0`
  const lines = [lineOf('a', 0), lineOf(link, 1, withFields), lineOf('b', 2)]

  it('are matched by what they say and by that with its fields, and told without', () => {
    const rules = [
      ruleOf({ reason: 'Down', pattern: '.* Link is Down' }),
      ruleOf({ reason: 'Pci', pattern: '.*\\n SUBSYSTEM=pci\\n.*' }),
      ruleOf({ reason: 'Next', pattern: 'DEVICE=.*\\nb' }),
    ]
    expect(saidOf(configOf({ rules }), lines)).toEqual([[], [`Down: ${link}`, `Pci: ${link}`], [`Next: ${link}\nb`]])
    expect(saidOf(configOf({ rules, compat: ['B10'] }), lines)).toEqual([
      [],
      [`Pci: ${withFields}`],
      [`Next: ${withFields}\nb`],
    ])
  })
})

/** Section 2.1 of the reference, from its text: one condition list, rules in order, no way back. */
function naiveModel(config: Config) {
  const { rules, conditions, bufferSize } = config
  const lines = naiveLines(
    rules.map(({ pattern }) => pattern),
    bufferSize,
  )
  const now = conditions.map((one) => ({ ...one, status: 'False', transition: undefined as Date | undefined }))
  const times: Date[] = []
  return {
    now,
    push(line: LogLine) {
      times.push(line.at)
      return lines.push(line.bytes).flatMap(({ pattern, lines: matched }) => {
        const rule = rules[pattern] as Config['rules'][number]
        const { reason, patternGeneratedMessageSuffix: suffix } = rule
        const message = suffix === '' ? matched.join('\n') : `${matched.join('\n')}; ${suffix}`
        const timestamp = times.at(-matched.length) as Date
        if (rule.type === 'temporary') return [{ reason, message, at: timestamp }]
        const condition = now.find(({ type }) => type === rule.condition)
        if (condition === undefined) return []
        const isChange = condition.status === 'False' || condition.reason !== reason
        if (isChange) Object.assign(condition, { transition: timestamp, message })
        Object.assign(condition, { status: 'True', reason })
        const text = `Node condition ${condition.type} is now: True, reason: ${reason}, message: ${quote(message)}`
        return isChange ? [{ reason, message: text, at: timestamp }] : []
      })
    },
  }
}

it('says what the text of the reference says, of any rules and any lines', () => {
  const pattern = fc.constantFrom(
    'a',
    'a.*',
    'b|a',
    'a\\nb',
    '^a',
    '(?m)^b',
    '',
    'x*',
    'a[\\s\\S]*',
    '(?s)b.a',
    'ab|b\\n.*',
    'c',
  )
  const rule = fc.record({
    type: fc.constantFrom('temporary', 'permanent', 'bogus'),
    condition: fc.constantFrom('One', 'Two', 'Unlisted'),
    reason: fc.constantFrom('R', 'S', 'WellOne', ''),
    pattern,
    patternGeneratedMessageSuffix: fc.constantFrom('', 'why'),
  })
  const text = fc
    .array(fc.constantFrom('a', 'b', 'ab', ' ', '\n', 'é'), { maxLength: 4 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(text, { maxLength: 10 }),
      (rules, bufferSize, texts) => {
        const conditions = ['One', 'Two'].map((type) => ({ type, reason: `Well${type}`, message: 'all is well' }))
        const config = configOf({ rules, bufferSize, conditions, compat: ['B6'] })
        const evaluator = createEvaluator(config)
        const model = naiveModel(config)
        for (const [index, each] of texts.entries()) {
          const line = lineOf(each, index)
          const { events } = evaluator.push(line, NOW)
          expect(events.map(({ reason, message, at }) => ({ reason, message, at }))).toEqual(model.push(line))
        }
        expect(
          evaluator.conditions.all.map(({ type, isTrue, reason, message, since }) => [
            type,
            isTrue,
            reason,
            message,
            since,
          ]),
        ).toEqual(
          model.now.map(({ type, status, reason, message, transition }) => [
            type,
            status === 'True',
            reason,
            message,
            transition,
          ]),
        )
      },
    ),
    { numRuns: 1000 },
  )
})

it('without old repeats it tells a part of that, and the newest line of each match that reaches it', () => {
  const pattern = fc.constantFrom('a|b', 'a', 'b|c\\n.*', 'a\\nb|c')
  const text = fc.constantFrom('a', 'b', 'c', 'ab', 'x')
  fc.assert(
    fc.property(pattern, fc.array(text, { maxLength: 12 }), (one, texts) => {
      const rules = [ruleOf({ pattern: one })]
      const [all, news] = [['B6'], []].map((compat) => saidOf(configOf({ rules, bufferSize: 3, compat }), texts))
      for (const [index, said] of (news as string[][]).entries()) {
        if (said.length > 0) expect(all?.[index]).toHaveLength(1)
        // A line that has a match of its own is told, whatever stood before it.
        const own = saidOf(configOf({ rules, bufferSize: 1 }), [texts[index] as string])
        if (own[0]?.length === 1) expect(said).toHaveLength(1)
      }
    }),
  )
})
