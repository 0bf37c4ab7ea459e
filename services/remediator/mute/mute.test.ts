import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { CORDONED } from '../drain/cordon.ts'
import { approvalId } from '../gates/approval-id.ts'
import { OPENING, RUNG } from '../testing/questions.ts'
import { FOREIGN_MARKS, type ForeignMark } from './marks.ts'
import { APPROVE, approvalsOf, goneAfter, muteOf, REMEDIATION, wordOf } from './mute.ts'

type Parts = {
  readonly annotations?: Record<string, string>
  readonly labels?: Record<string, string>
  readonly taints?: { key: string; value?: string; effect: string }[]
  readonly conditions?: { type: string; status: 'True' | 'False' | 'Unknown' }[]
  readonly unschedulable?: boolean
}

function node({ annotations = {}, labels = {}, taints = [], conditions = [], unschedulable }: Parts = {}): KubeNode {
  return {
    metadata: { name: 'w1', annotations, labels },
    spec: { taints, ...(unschedulable === undefined ? {} : { unschedulable }) },
    status: { conditions },
  }
}

const heard = (parts: Parts = {}) => muteOf({ node: node(parts), api: 'speaks' })

function marked({ on, key, value = '' }: ForeignMark): Parts {
  if (on === 'taint') return { taints: [{ key, value, effect: 'NoSchedule' }] }
  if (on === 'condition') return { conditions: [{ type: key, status: 'True' }] }
  return on === 'annotation' ? { annotations: { [key]: value } } : { labels: { [key]: value } }
}

const words = fc.oneof(fc.string(), fc.constantFrom('on', 'off', 'observe', 'true', 'True', 'disrupting', 'NoSchedule'))
const keys = fc.oneof(
  fc.string(),
  fc.constantFrom(REMEDIATION, APPROVE, CORDONED, ...FOREIGN_MARKS.map(({ key }) => key)),
)
const dictionary = fc.dictionary(keys, words)
const anyNode = fc.record({
  annotations: dictionary,
  labels: dictionary,
  taints: fc.array(fc.record({ key: keys, value: words, effect: words })),
  conditions: fc.array(fc.record({ type: keys, status: fc.constantFrom('True', 'False', 'Unknown') })),
  unschedulable: fc.boolean(),
})

describe('what a node says of its repair', () => {
  it('is nothing where nothing is marked', () => {
    expect(heard()).toEqual({ annotation: 'on', holds: [], disruptiveHolds: [] })
    expect(muteOf({ node: { metadata: { name: 'w1' } }, api: 'speaks' })).toEqual(heard())
  })

  it('is its annotation, and a wish to be left alone where that is no word', () => {
    for (const word of ['on', 'off', 'observe'] as const)
      expect(heard({ annotations: { [REMEDIATION]: ` ${word.toUpperCase()} ` } })).toEqual({
        ...heard(),
        annotation: word,
      })
    expect(heard({ annotations: { [REMEDIATION]: 'of\n' } }).holds).toEqual([
      { text: 'the node is annotated node-doctor.io/remediation="of\\n", which is none of on, off, observe' },
    ])
  })

  it.each(FOREIGN_MARKS.map((mark) => [`${mark.on} ${mark.key}`, mark] as const))('hears the %s', (_, mark) => {
    const { holds, disruptiveHolds } = heard(marked(mark))
    const hold = { text: `the node ${mark.means}: ${mark.on} ${mark.key} of ${mark.owner}` }
    expect(holds).toEqual(mark.holds === 'everything' ? [hold] : [])
    expect(disruptiveHolds).toEqual(mark.holds === 'everything' ? [] : [hold])
    if (mark.value !== undefined && mark.on !== 'condition')
      expect(heard(marked({ ...mark, value: 'other' }))).toEqual(heard())
    if (mark.on === 'condition')
      for (const status of ['False', 'Unknown'] as const)
        expect(heard({ conditions: [{ type: mark.key, status }] })).toEqual(heard())
  })

  it('has a source for each mark, and each once', () => {
    for (const { source, means, owner } of FOREIGN_MARKS) expect(`${source}${means}${owner}`).toMatch(/^\S.{20,}$/)
    const ids = FOREIGN_MARKS.map(({ on, key }) => `${on} ${key}`)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('knows its own cordon from that of others, which keeps from what disturbs', () => {
    const held = [{ text: 'the node is cordoned, and not by us' }]
    expect(heard({ unschedulable: true })).toEqual({ ...heard(), disruptiveHolds: held })
    expect(heard({ unschedulable: true, annotations: { [CORDONED]: 'a-1' } })).toEqual(heard())
  })

  it('spares the control plane', () => {
    const held = { ...heard(), disruptiveHolds: [{ text: 'the node is of the control plane' }] }
    expect(heard({ labels: { 'node-role.kubernetes.io/control-plane': '' } })).toEqual(held)
    expect(heard({ labels: { 'node-role.kubernetes.io/master': '' } })).toEqual(held)
  })

  it('holds on while the API is silent, and nothing is disturbed then', () => {
    const off = node({ annotations: { [REMEDIATION]: 'off' } })
    const silent = { text: 'the API server is silent' }
    expect(muteOf({ node: off, api: 'silent' })).toEqual({ annotation: 'off', holds: [], disruptiveHolds: [silent] })
    const wordBefore = (remediation: string, holds: readonly string[] = []) => ({ nodeUid: 'u1', remediation, holds })
    const known = (...word: Parameters<typeof wordBefore>) =>
      muteOf({ node: undefined, api: 'silent', before: wordBefore(...word) })
    const disruptiveHolds = [silent, { text: 'the node was not heard of yet' }]
    expect(known('')).toEqual({ annotation: 'on', holds: [], disruptiveHolds })
    expect(known('', ['it is in maintenance'])).toEqual({
      ...{ annotation: 'on', disruptiveHolds },
      holds: [{ text: 'it is in maintenance' }],
    })
    expect([known('off').annotation, known('observe').annotation]).toEqual(['off', 'observe'])
    expect(known('offf').holds).toHaveLength(1)
    expect(muteOf({ node: off, api: 'silent', before: wordBefore('on', ['gone']) })).toMatchObject({
      ...{ annotation: 'off', holds: [] },
    })
    expect(muteOf({ node: undefined, api: 'none' })).toEqual(heard())
  })

  it('holds everything of a node that was never heard, for as long as there is an API server to hear it from', () => {
    const notHeard = { text: 'the node was not heard of yet' }
    const never = { nodeUid: '', remediation: '', holds: [] }
    for (const before of [undefined, never])
      expect(muteOf({ node: undefined, api: 'silent', before }).holds).toEqual([notHeard])
    expect(muteOf({ node: undefined, api: 'none', before: never })).toEqual(heard())
  })

  it('is journalled as to what holds everything back, bounded', () => {
    const all = FOREIGN_MARKS.filter(({ holds }) => holds === 'everything')
    for (const mark of all) {
      const said = node(marked(mark))
      expect(wordOf(said).holds).toEqual(muteOf({ node: said, api: 'speaks' }).holds.map(({ text }) => text))
    }
    const taints = all
      .filter(({ on }) => on === 'taint')
      .map(({ key, value = '' }) => ({ key, value, effect: 'NoSchedule' }))
    const deleted = node({ taints })
    expect(taints.length).toBeGreaterThan(8)
    expect(wordOf(deleted).holds).toHaveLength(8)
    const gone = goneAfter(wordOf(deleted), { text: 'g'.repeat(300) })
    expect([gone.holds.length, gone.holds[0]?.length]).toEqual([8, 128])
    expect(goneAfter(gone, { text: 'g'.repeat(300) })).toEqual(gone)
    expect(wordOf(node({ annotations: { [REMEDIATION]: 'o'.repeat(300) } })).remediation).toHaveLength(128)
  })

  it('is said whatever stands on the node, in words of bounded length', () => {
    fc.assert(
      fc.property(anyNode, (parts) => {
        const { holds, disruptiveHolds } = heard(parts)
        for (const { text } of [...holds, ...disruptiveHolds]) {
          expect(text.length).toBeLessThan(1000)
          expect(text).not.toMatch(/\n/)
        }
      }),
    )
  })

  it('loses no hold by a mark more', () => {
    fc.assert(
      fc.property(anyNode, fc.constantFrom(...FOREIGN_MARKS), (parts, mark) => {
        const before = heard(parts)
        const one = marked(mark)
        const after = heard({
          ...parts,
          annotations: { ...parts.annotations, ...one.annotations },
          labels: { ...parts.labels, ...one.labels },
          taints: [...parts.taints, ...(one.taints ?? [])],
          conditions: [...parts.conditions, ...(one.conditions ?? [])],
        })
        expect(after.holds).toEqual(expect.arrayContaining([...before.holds]))
        expect(after.disruptiveHolds).toEqual(expect.arrayContaining([...before.disruptiveHolds]))
        const held = mark.holds === 'everything' ? after.holds : after.disruptiveHolds
        expect(held.some(({ text }) => text.includes(mark.key))).toBe(true)
      }),
    )
  })
})

describe('what a node approves', () => {
  it('are the ids in its annotation, and nothing else', () => {
    const id = approvalId(OPENING, RUNG.act)
    const of = (text: string) => approvalsOf(node({ annotations: { [APPROVE]: text } }))
    expect(of(id)).toEqual([id])
    expect(of(` ${id.toUpperCase()} , nonsense,,${id},3f2a91c0-17`)).toEqual([id, '3f2a91c0-17'])
    expect(approvalsOf(node())).toEqual([])
  })

  it('are never more than a few, whatever stands there', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ids = approvalsOf(node({ annotations: { [APPROVE]: text } }))
        expect(ids.length).toBeLessThanOrEqual(16)
        for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-\d+$/)
      }),
    )
  })
})
