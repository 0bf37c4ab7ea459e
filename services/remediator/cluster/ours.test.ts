import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { TAINTED } from '#kube'
import type { Problem, Remediation, ToldRemediation } from '#model'
import { someProblem } from '../../../libs/view/testing.ts'
import { CORDONED, REBOOTING } from '../drain/cordon.ts'
import { createRing } from '../safety/ring.ts'
import { EMPTY_STATE } from '../state/types.ts'
import { SIGHT } from '../testing/questions.ts'
import {
  isDisturbed,
  isInVain,
  isProvenWell,
  isReady,
  leaseOwedBy,
  leftWords,
  markedFor,
  oursOn,
  strangeMark,
} from './ours.ts'

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

describe('what stands there', () => {
  const { opening } = SIGHT
  const ring = createRing('j')
  for (const [at, { what }] of told([started('drain')]).entries())
    ring.add({ time: new Date(0), bootId: 'b1', monoMs: at, what }, at + 1)
  const node = nodeWith({ [CORDONED]: 'a-1' }, { unschedulable: true })
  const over = someProblem({ ...opening, phase: 'resolved', resolved: new Date(), proof: 'healthy-checks' })
  const isWell = (problem: Problem | undefined, of = node, late = false) =>
    isProvenWell(EMPTY_STATE, { marked: markedFor(of, ring), find: () => problem, isLate: () => late })

  it('is proven well by the problem that its mark names, where nobody counts it any more', () => {
    expect(isWell(over)).toBe(true)
    expect(isWell(someProblem({ ...opening, phase: 'opened' }))).toBe(false)
    expect(isWell({ ...over, proof: 'withdrawn' })).toBe(false)
    expect(isWell({ ...over, proof: 'operator' })).toBe(false)
    expect(isWell({ ...over, generation: opening.generation - 1 })).toBe(false)
    expect([isWell(undefined), isWell(over, node, true)]).toEqual([false, false])
    // An attempt of which nobody remembers.
    expect(isWell(over, nodeWith({ [CORDONED]: 'a-9' }, { unschedulable: true }))).toBe(false)
  })

  it('is not proven well while another problem that is counted is not', () => {
    const act = { attempts: 1, lastAtMs: 1, failures: 0, failedAtMs: 0 }
    const other = {
      opening,
      healthySinceMs: undefined,
      acts: { '["cordon","node"]': act },
      blindSinceMs: undefined,
      isExhausted: false,
      refused: '',
    }
    const { ledgers } = EMPTY_STATE
    const state = { ...EMPTY_STATE, ledgers: { ...ledgers, act: { ...ledgers.act, problems: { other } } } }
    expect(isProvenWell(state, { marked: [opening], find: () => over, isLate: () => false })).toBe(false)
  })

  it('is said with what takes it off', () => {
    expect(leftWords(node)).toBe('the node stays cordoned until "kubectl uncordon w1"')
    const tainted = nodeWith(
      { [TAINTED]: 'a/b:NoExecute,c:NoSchedule' },
      { taints: [{ key: 'a/b', effect: 'NoExecute' }] },
    )
    expect(leftWords(tainted)).toBe('its taint stays until "kubectl taint nodes w1 a/b:NoExecute-"')
    expect(leftWords(nodeWith({}))).toBe('')
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
