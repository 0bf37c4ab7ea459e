import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { TAINTED } from '#kube'
import type { Remediation, ToldRemediation } from '#model'
import { CORDONED, REBOOTING } from '../drain/cordon.ts'
import { createRing } from '../safety/ring.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { SIGHT } from '../testing/questions.ts'
import { isDisturbed, isInVain, isReady, leaseOwedBy, oursOn, strangeMark } from './ours.ts'

const told = (whats: readonly Remediation[]): readonly ToldRemediation[] =>
  whats.map((what, at) => ({ time: new Date(0), bootId: 'b1', monoMs: at, what, journal: 'j', sequence: at + 1 }))
const started = (strategy: string, attempt = 'a-1', taint = ''): Remediation => ({
  ...{ kind: 'started', attempt, problem: SIGHT, mode: 'act', number: 1, of: 1, cooldownMs: 1, verifyWithinMs: 1 },
  act: { strategy, target: 'node', parameters: { taint }, text: strategy },
})
const step = (word: string, attempt = 'a-1'): Remediation => ({ kind: 'step', attempt, step: word, detail: '' })
const ended = (outcome: 'succeeded' | 'failed' | 'declined' | 'lost', attempt = 'a-1'): Remediation => ({
  ...{ kind: 'ended', attempt, outcome, message: '', output: '', isOutputCut: false, durationMs: 1, figures: [] },
})
const nodeWith = (annotations: Record<string, string>, spec: object = {}, ready = 'True') =>
  ({
    metadata: { name: 'w1', annotations },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }) as unknown as KubeNode

describe('what an attempt has left', () => {
  it('is for nothing where it failed before a reboot was asked for, and nothing of it may come', () => {
    const vain = (...whats: Remediation[]) => isInVain(told(whats), 'a-1')
    expect(vain(started('drain'), step('cordoned'))).toBe(false)
    expect(vain(started('drain'), step('cordoned'), ended('succeeded'))).toBe(false)
    expect(vain(started('drain'), step('cordoned'), ended('failed'))).toBe(true)
    expect(vain(started('drain'), step('cordoned'), ended('lost'))).toBe(true)
    expect(vain(started('node-reboot'), step('cordoned'), step('asking'), ended('failed'))).toBe(false)
    expect(vain(started('node-reboot'), step('asking'), step('not-asked'), ended('failed'))).toBe(true)
    expect(vain(ended('failed', 'a-2'))).toBe(false)
  })

  it('keeps the lease where it disturbs, and where nobody knows what it was', () => {
    const ring = createRing('j')
    for (const [at, { what }] of told([started('drain', 'a-1'), started('cordon', 'a-2')]).entries())
      ring.add({ time: new Date(0), bootId: 'b1', monoMs: at, what }, at + 1)
    const of = (mark: string) => isDisturbed(ring, oursOn(nodeWith({ [CORDONED]: mark }, { unschedulable: true })))
    expect([of('a-1'), of('a-2'), of('a-9')]).toEqual([true, false, true])
    const tainted = nodeWith({ [TAINTED]: 'a/b:NoExecute' }, { taints: [{ key: 'a/b', effect: 'NoExecute' }] })
    expect(isDisturbed(ring, oursOn(tainted))).toBe(true)
    // What stands in the mark alone disturbs nobody: anybody may write it.
    expect(isDisturbed(ring, oursOn(nodeWith({ [TAINTED]: 'a/b:NoExecute' })))).toBe(false)
    expect(isDisturbed(ring, oursOn(nodeWith({})))).toBe(false)
  })
})

describe('the lease', () => {
  it('is owed by the last attempt that it was taken for, until it is journalled that it was given back', () => {
    const owed = (...whats: Remediation[]) => leaseOwedBy(told(whats))
    expect(owed()).toBeUndefined()
    expect(owed(started('cordon'), started('taint', 'a-2', 'a/b:NoSchedule'))).toBeUndefined()
    expect(owed(started('drain'), ended('failed'))).toBe('a-1')
    expect(owed(started('taint', 'a-2', 'a/b:NoExecute'))).toBe('a-2')
    expect(owed(started('drain'), step('lease-back'))).toBeUndefined()
    expect(owed(started('drain'), step('lease-back'), started('node-reboot', 'a-2'))).toBe('a-2')
  })
})

describe('a node', () => {
  it('is ready as its kubelet says', () => {
    expect([isReady(nodeWith({})), isReady(nodeWith({}, {}, 'Unknown'))]).toEqual([true, false])
  })

  it('of which the journal never heard carries no mark of ours', () => {
    for (const mark of [CORDONED, TAINTED, REBOOTING]) {
      const node = nodeWith({ [mark]: 'x' })
      expect(strangeMark(node, EMPTY_STATE)).toContain(mark)
      expect(strangeMark(node, { ...EMPTY_STATE, nodeUid: 'u1' })).toBe('')
      expect(strangeMark(node, { ...EMPTY_STATE, isRenewed: true })).toBe('')
    }
    expect(strangeMark(nodeWith({ other: 'x' }), EMPTY_STATE)).toBe('')
  })
})
