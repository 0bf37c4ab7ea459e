import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { CORDONED_BEFORE, TAINTED } from '#kube'
import type { Problem, Remediation, ToldRemediation } from '#model'
import { someProblem } from '../../../libs/view/testing.ts'
import { CORDONED, planCordon, planUndo, REBOOTING } from '../drain/cordon.ts'
import { replay } from '../state/fold.ts'
import { EMPTY_STATE, type SafetyState } from '../state/types.ts'
import { SIGHT } from '../testing/questions.ts'
import {
  cordonsOf,
  isDisturbed,
  isInVain,
  isProvenWell,
  isReady,
  leaseOwedBy,
  leftWords,
  strangeMark,
  wellTaints,
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

  it('keeps the lease where it disturbs, and where nobody knows of whom a cordon is', () => {
    const tainted = started('taint', 'a-3', 'a/b:NoExecute')
    const state = replay(EMPTY_STATE, told([started('drain', 'a-1'), started('cordon', 'a-2'), tainted]))
    const isOn = (annotations: Record<string, string>, spec: object = {}) =>
      isDisturbed(nodeWith(annotations, spec), state)
    const of = (mark: string) => isOn({ [CORDONED]: mark }, { unschedulable: true })
    expect([of('a-1'), of('a-2'), of('a-9')]).toEqual([true, false, true])
    // A cordon that took over that of a drain.
    expect(isOn({ [CORDONED]: 'a-2', [CORDONED_BEFORE]: 'a-1' }, { unschedulable: true })).toBe(true)
    expect(isOn({ [TAINTED]: 'a/b:NoExecute' }, { taints: [{ key: 'a/b', effect: 'NoExecute' }] })).toBe(true)
    // What stands in the mark alone disturbs nobody: anybody may write it.
    expect(isOn({ [TAINTED]: 'a/b:NoExecute' })).toBe(false)
    expect(isOn({})).toBe(false)
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
  const drained = replay(EMPTY_STATE, told([started('drain')]))
  // A person has had its problem forgotten.
  const state = replay(drained, told([{ kind: 'reset', fingerprint: opening.fingerprint, by: 'ann' }]))
  const node = nodeWith({ [CORDONED]: 'a-1' }, { unschedulable: true })
  const over = someProblem({ ...opening, phase: 'resolved', resolved: new Date(), proof: 'healthy-checks' })
  /** The problem is over, and every other one is not. */
  const WELL = {
    find: (fingerprint: string) => (fingerprint === opening.fingerprint ? over : undefined),
    proofOf: (_: unknown, now: Problem | undefined) => now?.proof,
  }
  const isWell = (problem: Problem | undefined, of = node, late = false, by: SafetyState = state) =>
    isProvenWell(cordonsOf(of, by), {
      find: () => problem,
      proofOf: (_, now) =>
        late || now === undefined || now.proof === 'operator' || now.proof === 'withdrawn' ? undefined : now.proof,
    })

  it('is proven well by the problem that its mark names, where nobody counts it any more', () => {
    expect(isWell(over)).toBe(true)
    expect(isWell(someProblem({ ...opening, phase: 'opened' }))).toBe(false)
    expect(isWell({ ...over, proof: 'withdrawn' })).toBe(false)
    expect(isWell({ ...over, proof: 'operator' })).toBe(false)
    const earlier = new Date(opening.opened.getTime() - 1)
    expect(isWell({ ...over, generation: opening.generation - 1, opened: earlier })).toBe(false)
    // A store that was made anew counts from the first.
    expect(isWell({ ...over, generation: opening.generation - 1 })).toBe(true)
    expect([isWell(undefined), isWell(over, node, true)]).toEqual([false, false])
    // An attempt of which nobody remembers.
    expect(isWell(over, nodeWith({ [CORDONED]: 'a-9' }, { unschedulable: true }))).toBe(false)
  })

  it('is proven well by the problems that the marks name, whatever else was ever drained for', () => {
    const other = { ...SIGHT, opening: { ...opening, fingerprint: 'never-well' } }
    const whats = [{ ...started('drain', 'a-0'), problem: other } as Remediation, started('drain')]
    const { left } = replay(EMPTY_STATE, told([...whats, ended('succeeded')]))
    const of = (seen: KubeNode) => isProvenWell(cordonsOf(seen, { left }), WELL)
    expect(of(node)).toBe(true)
    // It took over the cordon of one that is not well.
    const both = nodeWith({ [CORDONED]: 'a-1', [CORDONED_BEFORE]: 'a-0' }, { unschedulable: true })
    expect(of(both)).toBe(false)
  })

  it('is proven well where a repair was refused after a person had it forgotten, and the bus has none of it any more', () => {
    const refused: Remediation = {
      ...{ kind: 'refused', problem: SIGHT, mode: 'act', gate: 'cooldown', reason: 'x' },
      act: { strategy: 'drain', target: 'node', parameters: {}, text: 'drain' },
    }
    const by = { find: () => undefined, proofOf: () => 'absent' as const }
    expect(isProvenWell(cordonsOf(node, replay(state, told([refused]))), by)).toBe(true)
  })

  it('is known for as long as the node may carry it, but where nothing was changed', () => {
    const many = Array.from({ length: 100 }, (_, at) => [started('drain', `b-${at}`), ended('declined', `b-${at}`)])
    expect(cordonsOf(node, replay(drained, told(many.flat())))).toMatchObject([{ attempt: 'a-1', strategy: 'drain' }])
    // Another problem comes and goes, and is acted on each time.
    const other = { ...SIGHT, opening: { ...opening, fingerprint: 'comes-and-goes' } }
    const again = (strategy: string) =>
      Array.from(
        { length: 200 },
        (_, at) => ({ ...started(strategy, `c-${at}`, 'a/b:NoSchedule'), problem: other }) as Remediation,
      )
    for (const strategy of ['taint', 'cordon']) {
      const after = replay(drained, told(again(strategy)))
      expect(cordonsOf(node, after)).toMatchObject([{ attempt: 'a-1', strategy: 'drain' }])
      expect(after.left.at(-1)).toMatchObject({ attempt: 'c-199' })
      expect(after.left.length).toBeLessThanOrEqual(64)
    }
  })

  it('names each whose cordon was taken over, and gives it back to the last of them', () => {
    const patched = (of: KubeNode, plan: ReturnType<typeof planCordon>): KubeNode => {
      if (plan.kind !== 'patch') throw new Error(plan.text)
      const annotations = Object.entries({ ...of.metadata.annotations, ...plan.patch.metadata.annotations })
      const kept = annotations.filter((each): each is [string, string] => each[1] !== null)
      return nodeWith(Object.fromEntries(kept), { unschedulable: true })
    }
    const chain = ['a-1', 'a-2', 'a-3'].reduce((of, attempt) => patched(of, planCordon(of, attempt)), nodeWith({}))
    expect(chain.metadata.annotations).toEqual({ [CORDONED]: 'a-3', [CORDONED_BEFORE]: 'a-2,a-1' })
    const undone = patched(chain, planUndo(chain, 'a-3'))
    expect(undone.metadata.annotations).toEqual({ [CORDONED]: 'a-2', [CORDONED_BEFORE]: 'a-1' })
    expect(patched(undone, planUndo(undone, 'a-2')).metadata.annotations).toEqual({ [CORDONED]: 'a-1' })
  })

  it('is a taint that comes off by the problem that it was put there for last, whatever other marks say', () => {
    const other = { ...SIGHT, opening: { ...opening, fingerprint: 'never-well' } }
    const whats = [
      { ...started('taint', 'a-0', 'a/b=c:NoExecute'), problem: other } as Remediation,
      started('taint', 'a-1', 'a/b:NoExecute'),
      { ...started('taint', 'a-2', 'c/d:NoSchedule'), problem: other } as Remediation,
    ]
    const tainting = replay(EMPTY_STATE, told(whats))
    const tainted = nodeWith({ [TAINTED]: 'a/b:NoExecute,c/d:NoSchedule,forged:NoSchedule' })
    expect(wellTaints(tainted, tainting, WELL)).toEqual([{ key: 'a/b', effect: 'NoExecute' }])
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
