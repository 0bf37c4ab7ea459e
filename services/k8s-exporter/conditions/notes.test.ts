import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KubeNode, planCleanup } from '#kube'
import { leftBehind, planNotes } from './notes.ts'

const MARK = 'node-doctor.io/annotations'
const KEY = 'example.org/team'

function node(annotations: Record<string, string>): KubeNode {
  return { metadata: { name: 'n1', annotations }, status: { conditions: [] } }
}

function notes(annotations: Record<string, string>, asked: Record<string, string>) {
  return planNotes({ node: node(annotations), wanted: {}, asked, isInstallation: true })
}

/** What the server makes of it. */
function apply(before: Record<string, string>, changes: Readonly<Record<string, string | null>>) {
  const all = Object.entries({ ...before, ...changes })
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null))
}

describe('annotations that the configuration asks for', () => {
  it('are written and marked as ours where nothing stands', () => {
    expect(notes({}, { [KEY]: 'a' })).toEqual({ changes: { [KEY]: 'a', [MARK]: KEY }, foreign: [] })
  })

  it.each(['theirs', 'a'])('are left alone and told where another one wrote them before: %s', (value) => {
    const before = { [KEY]: value }
    const { changes, foreign } = notes(before, { [KEY]: 'a', 'example.org/b': 'b' })
    expect([changes, foreign]).toEqual([{ 'example.org/b': 'b', [MARK]: 'example.org/b' }, [KEY]])
    expect(notes(before, { [KEY]: 'a' })).toEqual({ changes: {}, foreign: [KEY] })
    expect(planCleanup(node(before))).toBeUndefined()
  })

  it('are put right where they are ours and another one changed them, as conditions are', () => {
    expect(notes({ [KEY]: 'other', [MARK]: KEY }, { [KEY]: 'a' })).toEqual({ changes: { [KEY]: 'a' }, foreign: [] })
  })

  it('are taken off once they are asked for no more, and no others', () => {
    const before = { [KEY]: 'a', 'example.org/b': 'b', 'example.org/c': 'c', [MARK]: `${KEY},example.org/b` }
    expect(notes(before, { [KEY]: 'a' }).changes).toEqual({ 'example.org/b': null, [MARK]: KEY })
    expect(notes(before, {}).changes).toEqual({ [KEY]: null, 'example.org/b': null, [MARK]: null })
  })

  it('leave what others wrote as it was, whatever is asked for meanwhile', () => {
    const keys = fc.constantFrom('a', 'b', 'example.org/c', 'flannel.alpha.coreos.com/public-ip')
    const maps = fc.dictionary(keys, fc.constantFrom('x', 'y'))
    fc.assert(
      fc.property(maps, fc.array(maps, { maxLength: 4 }), (theirs, configurations) => {
        let now: Record<string, string> = { ...theirs }
        for (const asked of configurations) {
          now = apply(now, notes(now, asked).changes)
          expect(now).toMatchObject({ ...asked, ...theirs })
          expect(notes(now, asked).changes).toEqual({})
        }
        const cleaned = planCleanup(node(now))?.metadata?.annotations ?? {}
        expect(apply(now, cleaned)).toEqual({ ...theirs })
        expect(apply(now, notes(now, {}).changes)).toEqual({ ...theirs })
      }),
    )
  })
})

describe('annotations that an earlier configuration of the same installation asked for', () => {
  const before = {
    [KEY]: 'a',
    'example.org/theirs': 'b',
    [MARK]: `${KEY},gone`,
    'node-doctor.io/installation': 'ns/name',
    'node-doctor.io/status': 'healthy',
  }

  it('are taken off with their mark, and nothing else is', () => {
    expect(leftBehind(node(before), 'ns/name')).toEqual({ [KEY]: null, [MARK]: null })
    expect(leftBehind(node({ 'node-doctor.io/installation': 'ns/name' }), 'ns/name')).toEqual({})
  })

  it.each(['ns/other', undefined])('stay where they are of another one: %s', (installation) => {
    expect(leftBehind(node(before), installation)).toEqual({})
  })

  it('go also where only files of node-problem-detector are told', () => {
    const npd = {
      node: node(before),
      wanted: { 'node-doctor.io/npd-conditions': 'A' },
      asked: {},
      isInstallation: false,
    }
    const changes = { 'node-doctor.io/npd-conditions': 'A' }
    expect(planNotes({ ...npd, installation: 'ns/name' }).changes).toEqual({ ...changes, [KEY]: null, [MARK]: null })
    expect(planNotes(npd).changes).toEqual(changes)
  })
})
