import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KubeNode, planCleanup } from '#kube'
import { planNotes } from './notes.ts'

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
