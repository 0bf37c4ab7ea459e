import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInline, readYaml } from './read-yaml.ts'
import { plainOf, type Tree } from './tree.ts'

function read(text: string) {
  return readYaml(text, 'dir/config.yaml', 'config.yaml')
}

function plain(text: string): unknown {
  const { tree, problems } = read(text)
  expect(problems).toEqual([])
  return plainOf(tree)
}

function faults(text: string): string[] {
  return read(text).problems.map(({ where, text: what }) => `${where}: ${what}`)
}

function nodeAt(tree: Tree, ...path: string[]): Tree {
  return path.reduce<Tree>((node, key) => {
    const next = node.kind === 'map' ? node.entries.get(key)?.node : undefined
    if (next === undefined) throw new Error(`no ${key}`)
    return next
  }, tree)
}

describe('reading YAML', () => {
  it('knows line and column of every key and the line of every value', () => {
    const { tree } = read('a:\n  b:\n    - c: 1\n')
    const list = nodeAt(tree, 'a', 'b')
    expect(tree.entries.get('a')?.place.where).toBe('dir/config.yaml:1:1')
    const item = list.kind === 'list' ? list.items[0] : undefined
    expect(item?.kind === 'map' && item.entries.get('c')?.place).toEqual({
      where: 'dir/config.yaml:3:7',
      origin: { layer: 'file', text: 'config.yaml, line 3' },
    })
  })

  it('reads JSON with its positions', () => {
    const { tree, problems } = read('{\n  "a": {"b": [1, true, null, "x"]}\n}')
    expect(problems).toEqual([])
    expect(plainOf(tree)).toEqual({ a: { b: [1, true, null, 'x'] } })
    const inner = nodeAt(tree, 'a')
    expect(inner.kind === 'map' && inner.entries.get('b')?.place.where).toBe('dir/config.yaml:2:9')
  })

  it('takes yes and on as texts, as YAML 1.2 has it', () => {
    expect(plain('a: yes\nb: on\nc: 010\nd: 0x1f\ne: ~\n')).toEqual({ a: 'yes', b: 'on', c: 10, d: 31, e: null })
  })

  it('follows aliases, and merges maps below what is written', () => {
    expect(
      plain('base: &b { x: 1, y: 2 }\na:\n  <<: *b\n  y: 3\nc: *b\nd:\n  <<: [*b, { z: 4, x: 9 }]\n'),
    ).toMatchObject({
      a: { x: 1, y: 3 },
      c: { x: 1, y: 2 },
      d: { x: 1, y: 2, z: 4 },
    })
  })

  it('stops at a bomb of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(faults(lines.join('\n'))).toEqual([
      'dir/config.yaml: has more than 50000 values, aliases followed; expected a configuration',
    ])
  })

  it('stops at an alias inside of itself', () => {
    expect(faults('a: &a\n  b: *a\n')).toEqual(['dir/config.yaml:2:6: *a stands inside of &a; expected no circle'])
  })

  it.each([
    ['lists', '['.repeat(50_000)],
    ['maps', '{a: '.repeat(30_000)],
    ['closed lists', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
    ['blocks', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses %s that are nested too deep', (_, text) => {
    expect(faults(text).length).toBeGreaterThan(0)
  })

  it('refuses 60,000 keys without comparing each with each', () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n')
    expect(faults(text)).toHaveLength(1)
  })

  it('takes the last one of two things of one name', () => {
    expect(plain('a: &x 1\nb: &y { c: *x }\nd: &x 2\ne: *y\nf: *x\n')).toMatchObject({ b: { c: 1 }, e: { c: 1 }, f: 2 })
  })

  it('refuses 60,000 aliases without a walk through the document for each', () => {
    expect(faults(`a: &a 1\nb: [${'*a ,'.repeat(60_000)}]\n`)).toHaveLength(1)
  })

  it('refuses a name that nothing has', () => {
    expect(faults('a: *nobody\n')).toEqual([
      'dir/config.yaml:1:4: not valid YAML: an alias begins with "*", and nothing before it is named so; expected a text in quotes',
    ])
  })

  it('refuses a key that is a list, and one that is nothing', () => {
    expect(faults('? [a]\n: 1\n')).toEqual(['dir/config.yaml:1:3: this key is no plain text; expected a name'])
    expect(faults('? \n: 1\n')).toHaveLength(1)
  })

  it('refuses a tag that it does not know', () => {
    const text =
      'dir/config.yaml:1:4: not valid YAML: a tag begins with "!", and this one says nothing here; expected a text in quotes'
    expect(faults('a: !secret x\n')).toEqual([text])
    expect(faults('a: !s!secret x\n')).toEqual([text])
  })

  it('keeps a key named __proto__ as a key', () => {
    const value = plain('__proto__: { polluted: 1 }\n')
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('throws at no text whatsoever', () => {
    const yamlish = fc.array(
      fc.constantFrom(
        'a',
        ':',
        ' ',
        '\n',
        '-',
        '[',
        ']',
        '{',
        '}',
        '&a',
        '*a',
        '<<',
        '!!',
        '|',
        '>',
        '"',
        "'",
        '#',
        '?',
        '%',
        '\t',
        '---',
        '...',
        '1',
        '\u0000',
        '\ufeff',
        ',',
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          yamlish.map((parts) => parts.join('')),
        ),
        (text) => {
          const { tree, problems } = read(text)
          expect(tree.kind).toBe('map')
          for (const { where, text: what } of problems) expect(`${where} ${what}`).not.toMatch(/[\u0000-\u001f]/)
        },
      ),
      { numRuns: 1500 },
    )
  })
})

describe('a value on one line', () => {
  it.each([
    ['[1, a]', [1, 'a']],
    ['{ path: / }', { path: '/' }],
    ['{"a": [true]}', { a: [true] }],
    ['plain', undefined],
    ['8081', undefined],
    ['[1', undefined],
    ['[a]\nmore: 1', undefined],
  ])('%s', (text, expected) => {
    expect(parseInline(text)).toEqual(expected)
  })
})
