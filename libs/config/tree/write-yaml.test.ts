import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readYaml } from './read-yaml.ts'
import { type MapNode, mapOf, plainOf } from './tree.ts'
import { writeYaml } from './write-yaml.ts'

function treeOf(text: string): MapNode {
  const { tree, problems } = readYaml(text, 'config.yaml', 'config.yaml')
  expect(problems).toEqual([])
  return tree
}

const NOWHERE = { where: '', origin: { layer: 'default', text: '' } } as const
const TEXT = `# Of the whole.

# Of a.
a: 1 # one
b:
  # Of the first.
  - name: 'x' # an x
    "quoted": "\${NAME}"

  - { name: y } # flow

# At the end.
`

describe('a text that is written anew', () => {
  it('is the same where nothing has changed', () => {
    expect(writeYaml(TEXT, treeOf(TEXT))).toBe(TEXT)
  })

  it('keeps what stands around a key that is called otherwise, and a value that is another one', () => {
    const tree = treeOf(TEXT)
    const [a, b] = [tree.entries.get('a'), tree.entries.get('b')]
    if (a?.node.kind !== 'scalar' || b === undefined) throw new Error('no such keys')
    const two = { ...a, node: { ...a.node, value: 2, text: '2' } }
    const changed: MapNode = {
      ...tree,
      entries: new Map([
        ['c', two],
        ['b', b],
      ]),
    }
    expect(writeYaml(TEXT, changed)).toBe(TEXT.replace('a: 1', 'c: 2'))
  })

  it('has lines of its own at its head, each a comment whatever stands in it', () => {
    const written = writeYaml('a: 1\n', treeOf('a: 1\n'), ['one', 'two\nb: 2'])
    expect(written).toBe('# one\n# two b: 2\n\na: 1\n')
    expect(writeYaml('a: &x 1\nb: *x\n', treeOf('a: &x 1\nb: *x\n'), ['one\nc: 3'])).toBe('# one c: 3\na: 1\nb: 1\n')
  })

  it('has what is called as a merge is in quotes, and is no merge', () => {
    const written = writeYaml('a: 1\n', mapOf({ a: 1, b: { '<<': { c: 2 } } }, NOWHERE))
    expect(written).toBe('a: 1\nb:\n  "<<":\n    c: 2\n')
    expect(plainOf(treeOf(written))).toEqual({ a: 1, b: { '<<': { c: 2 } } })
    expect(writeYaml(written, treeOf(written))).toBe(written)
  })

  it('says the same as the tree, whatever that is and whatever it was read from', () => {
    const values = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 })
    fc.assert(
      fc.property(values, values, (before, after) => {
        const text = stringify(before)
        const read = readYaml(text, 'config.yaml', 'config.yaml')
        fc.pre(read.problems.length === 0)
        for (const tree of [read.tree, mapOf({ ...before, ...after }, NOWHERE)]) {
          const again = readYaml(writeYaml(text, tree), 'config.yaml', 'config.yaml')
          // An empty map has nothing to be read.
          fc.pre(again.problems.length === 0 || tree.entries.size > 0)
          expect(plainOf(again.tree)).toEqual(plainOf(tree))
        }
      }),
      { numRuns: 300 },
    )
  })
})
