import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRuleEngine, type RuleEngine } from './engine.ts'
import { ENTITIES_MAX } from './seen.ts'
import { BEGAN_MS, lineOf, momentAt, type RuleOver, rulesOf } from './testing-rules.ts'
import type { RuleNews } from './types.ts'

type Said = readonly [text: string, atMs?: number]

/** What is told of each line, the last of which is said now. */
function pushAll(engine: RuleEngine, lines: readonly Said[]): RuleNews[] {
  return lines.flatMap(([text, atMs], index) => {
    const line = lineOf(text, index, atMs)
    return [...engine.push(line, momentAt(line.at.getTime() - BEGAN_MS))]
  })
}

function words(news: readonly RuleNews[]): string[] {
  return news.map((one) => {
    if (one.kind === 'event') return `event ${one.entity} ${one.message}`
    if (one.kind === 'problem') return `problem ${one.raised.entity} ${one.raised.message}`
    if (one.kind === 'over') return `over ${one.entity} ${one.message}`
    return `omitted ${one.count} ${one.why}`
  })
}

function told(rules: readonly RuleOver[], lines: readonly Said[]): string[] {
  return words(pushAll(createRuleEngine(rulesOf(...rules)), lines))
}

describe('an event', () => {
  test('has words and entity of the groups, and is known by line and rule', () => {
    const rules = rulesOf({ match: 'I/O error, dev (?P<dev>\\w+)', message: '$1 is broken', entity: 'disk:${dev}' })
    const [event] = pushAll(createRuleEngine(rules), [['x: I/O error, dev sda, sector 1']])
    expect(event).toMatchObject({
      kind: 'event',
      entity: 'disk:sda',
      message: 'sda is broken',
      key: `line 0 ${rules[0]?.id}`,
    })
  })

  test('without words of its own is the line, and about the check where a group of the entity is empty', () => {
    expect(told([{ match: 'dev (\\w*)', entity: 'disk:$1' }], [['dev '], ['on dev sda']])).toEqual([
      'event  dev ',
      'event disk:sda on dev sda',
    ])
  })

  test('^ and $ are the ends of a line, wherever it stands', () => {
    expect(told([{ match: '^foo$' }, { match: 'a\nb', lines: 2 }], [['x'], ['foo'], ['foo x']])).toEqual(['event  foo'])
    expect(told([{ match: '^foo\n^bar$', lines: 2 }], [['x'], ['foo'], ['bar'], ['foo'], ['bar x']])).toEqual([
      'event  foo\nbar',
    ])
  })

  test('over several lines is told once, when its last line comes', () => {
    const match = 'BUG: (.*)\n(?:.*\n)*?RIP: (\\w+)'
    const lines: Said[] = [['BUG: oops'], ['CPU: 1'], ['RIP: here'], ['x'], ['y'], ['RIP: there']]
    expect(told([{ match, message: '$1 at $2', lines: 4 }], lines)).toEqual(['event  oops at here'])
  })

  test('of a rule over one line takes nothing from the line before', () => {
    expect(told([{ match: 'foo\\s+bar' }, { match: 'x\ny', lines: 5 }], [['foo'], ['bar'], ['foo bar']])).toEqual([
      'event  foo bar',
    ])
  })

  test('an open \\Q is closed before what follows it', () => {
    expect(told([{ match: 'a\n\\Qb(', lines: 2 }], [['a'], ['b(c']])).toEqual(['event  a\nb(c'])
  })

  test('is matched in what another reader has of the line, and told in its own words', () => {
    const engine = createRuleEngine(rulesOf({ match: 'Link is Down[\\s\\S]*DEVICE=(\\S+)', entity: 'nic:$1' }))
    const line = { ...lineOf('Link is Down', 0), alternate: Buffer.from('Link is Down\n DEVICE=+pci:0000') }
    expect(words(engine.push(line, momentAt(0)))).toEqual(['event nic:+pci:0000 Link is Down'])
  })
})

describe('a threshold', () => {
  const threshold = { count: 3, within: 10_000 }

  test('is counted by entity, by the times of the lines', () => {
    const lines: Said[] = [
      ['f a', 0],
      ['f b', 1000],
      ['f a', 2000],
      ['f b', 3000],
      ['f a', 9999],
      ['f b', 11_000],
    ]
    expect(told([{ match: 'f (\\w)', entity: '$1', threshold }], lines)).toEqual(['event a f a'])
  })

  test('of a condition, once raised, every match is seen', () => {
    const rule = { match: 'f', condition: 'Failing', threshold, recover: { absentFor: 20_000, reboot: false } }
    const engine = createRuleEngine(rulesOf(rule))
    pushAll(engine, [
      ['f', 0],
      ['f', 1000],
      ['f', 2000],
      ['f', 15_000],
    ])
    expect(engine.passed(momentAt(34_999))).toEqual([])
    expect(words(engine.passed(momentAt(35_000)))).toHaveLength(1)
  })
})

describe('a cooldown', () => {
  test('keeps back what follows of the same entity alone', () => {
    const lines: Said[] = [
      ['f a', 0],
      ['f a', 4999],
      ['f b', 4999],
      ['f a', 5000],
    ]
    expect(told([{ match: 'f (\\w)', entity: '$1', cooldown: 5000 }], lines)).toEqual([
      'event a f a',
      'event b f b',
      'event a f a',
    ])
  })

  test('never lets two events of one entity lie closer, and lets the first through', () => {
    const lines = fc.array(fc.tuple(fc.constantFrom('f a', 'f b', 'x'), fc.integer({ min: 0, max: 100_000 })), {
      maxLength: 50,
    })
    fc.assert(
      fc.property(lines, fc.integer({ min: 1000, max: 30_000 }), (said, cooldown) => {
        const sorted = [...said].sort((a, b) => a[1] - b[1])
        const rules = rulesOf({ match: 'f (\\w)', entity: '$1', cooldown: cooldown })
        const news = pushAll(createRuleEngine(rules), sorted)
        for (const entity of ['a', 'b']) {
          const times = news.flatMap((one) => (one.kind === 'event' && one.entity === entity ? [one.at.getTime()] : []))
          for (const [index, time] of times.entries()) {
            if (index > 0) expect(time - (times[index - 1] as number)).toBeGreaterThanOrEqual(cooldown)
          }
          const first = sorted.find(([text]) => text === `f ${entity}`)
          expect(times[0]).toBe(first === undefined ? undefined : BEGAN_MS + first[1])
        }
      }),
    )
  })
})

describe('a condition', () => {
  const recover = { match: 'up (\\w+)', reboot: false }
  const rule = { match: 'down (\\w+)', entity: 'nic:$1', condition: 'LinkDown', recover }

  test('is over when its line says so of its entity', () => {
    const lines: Said[] = [['down a'], ['down b'], ['up a'], ['up a'], ['up b']]
    expect(told([rule], lines)).toEqual([
      'problem nic:a down a',
      'problem nic:b down b',
      'over nic:a up a',
      'over nic:b up b',
    ])
  })

  test('is over of all entities where the line does not say which', () => {
    const lines: Said[] = [['down a'], ['down b'], ['all up']]
    const news = told([{ ...rule, recover: { match: 'all up', reboot: false } }], lines)
    expect(news.slice(2)).toEqual(['over nic:a all up', 'over nic:b all up'])
  })

  test('a line that says both is a problem', () => {
    expect(told([rule], [['down a'], ['up a, down a']])).toEqual([
      'problem nic:a down a',
      'over nic:a up a, down a',
      'problem nic:a up a, down a',
    ])
  })

  test('of several rules is what the worst says, until none holds it', () => {
    const bad = {
      match: 'fatal',
      condition: 'Broken',
      severity: 'critical',
      reason: 'Fatal',
      recover: { match: 'less', reboot: false },
    } as const
    const small = { match: 'warn', condition: 'Broken', recover: { match: 'good', reboot: false } }
    const lines: Said[] = [['warn 1'], ['fatal'], ['warn 2'], ['less'], ['good']]
    expect(told([small, bad], lines)).toEqual(['problem  warn 1', 'problem  fatal', 'problem  warn 2', 'over  good'])
  })

  test('is not over by absence while something of the log was lost meanwhile', () => {
    const engine = createRuleEngine(rulesOf({ ...rule, recover: { absentFor: 60_000, reboot: false } }))
    pushAll(engine, [['down a', 0]])
    engine.lost(momentAt(30_000))
    expect(engine.passed(momentAt(89_999))).toEqual([])
    expect(words(engine.passed(momentAt(90_000)))).toEqual([
      'over nic:a no line has said so again for as long as its rule asks',
    ])
  })

  test('that a person cleared counts anew', () => {
    const engine = createRuleEngine(rulesOf(rule))
    pushAll(engine, [['down a']])
    engine.clear('LinkDown', 'nic:a')
    expect(engine.problems).toEqual([])
    expect(words(pushAll(engine, [['down a']]))).toEqual(['problem nic:a down a'])
  })

  test('of an earlier life is ended by the rule that says the same, also where that was changed', () => {
    const before = createRuleEngine(rulesOf(rule))
    pushAll(before, [['down a']])
    const engine = createRuleEngine(rulesOf({ ...rule, severity: 'critical' }))
    for (const raised of before.raised) engine.recall(raised)
    expect(words(pushAll(engine, [['up a']]))).toEqual(['over nic:a up a'])
    const other = createRuleEngine(rulesOf({ match: 'x', condition: 'Other' }))
    for (const raised of before.raised) other.recall(raised)
    expect(other.raised).toEqual([])
  })
})

describe('what is bounded', () => {
  test('of a rule fifty texts of a second are told, and how many are not', () => {
    const lines: Said[] = Array.from({ length: 70 }, (_, index) => [`f ${index}`, 500])
    const news = told([{ match: 'f' }], [...lines, ['later', 1500]])
    expect(news).toHaveLength(51)
    expect(news.at(-1)).toBe('omitted 20 rate')
  })

  test('what was not told is said also where nothing follows', () => {
    const engine = createRuleEngine(rulesOf({ match: 'f' }))
    pushAll(
      engine,
      Array.from({ length: 51 }, (): Said => ['f', 500]),
    )
    expect(engine.settled(momentAt(1499).monoMs)).toEqual([])
    expect(words(engine.settled(momentAt(1500).monoMs))).toEqual(['omitted 1 rate'])
  })

  test('what was not told is said together, once a second at most, also of lines out of order, and under a key of its own', () => {
    const engine = createRuleEngine(rulesOf({ match: 'f' }))
    const news = Array.from({ length: 20_000 }, (_, index) =>
      engine.push(lineOf('f', index, (index % 2) * 1000), momentAt(index / 10)),
    ).flat()
    const omitted = [...news, ...engine.settled(Number.POSITIVE_INFINITY)].filter((one) => one.kind === 'omitted')
    expect(omitted).toHaveLength(2)
    expect(omitted.reduce((sum, { count }) => sum + count, 0)).toBe(20_000 - 100)
    expect(new Set(omitted.map(({ key }) => key)).size).toBe(omitted.length)
    expect(engine.settled(Number.POSITIVE_INFINITY)).toEqual([])
  })

  test('what is raised is seen again also where so many others came that it is not kept apart any more', () => {
    const recover = { absentFor: 900_000, reboot: false }
    const threshold = { count: 2, within: 60_000 }
    const rule = { match: 'f (\\w+)', entity: '$1', condition: 'Failing', threshold, recover }
    const engine = createRuleEngine(rulesOf(rule))
    const others = Array.from({ length: ENTITIES_MAX }, (_, index): Said => [`f n${index}`, 602_000 + index])
    pushAll(engine, [['f a', 0], ['f a', 1000], ...others, ['f a', 899_000]])
    expect(engine.passed(momentAt(902_000)).filter(({ kind }) => kind === 'over')).toEqual([])
    expect(words(engine.passed(momentAt(1_799_000)))).toHaveLength(1)
  })

  test('of a rule so many entities are kept apart, and the rest is counted', () => {
    const matched = new Map()
    const rules = rulesOf({ match: 'f (\\d+)', entity: '$1', condition: 'Failing' })
    const engine = createRuleEngine(rules, matched)
    const lines = Array.from({ length: ENTITIES_MAX + 10 }, (_, index): Said => [`f ${index}`, index])
    const news = pushAll(engine, [...lines, ['later', 5000]])
    expect(engine.raised).toHaveLength(ENTITIES_MAX)
    expect(words(news).at(-1)).toBe('omitted 10 entities')
    expect([...matched.values()]).toEqual([ENTITIES_MAX + 10])
  })
})

test('what no rule names is never told, whatever a line holds', () => {
  const rules = rulesOf({ match: 'needle(\\d+)', entity: '$1', condition: 'Found' }, { match: '^ERR', lines: 3 })
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (texts) => {
      const engine = createRuleEngine(rules)
      const lines = texts.map((bytes, index) => ({ ...lineOf('', index), bytes: Buffer.from(bytes) }))
      const isHealthy = lines.every(({ bytes }) => !/needle\d|^ERR/m.test(bytes.toString('latin1')))
      const news = lines.flatMap((line) => engine.push(line, momentAt(0)))
      if (isHealthy) expect(news).toEqual([])
    }),
  )
})
