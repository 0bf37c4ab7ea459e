import { describe, expect, it } from 'vitest'
import { type KubeNode, type KubeTaint, TAINTED } from '#kube'
import { endsPods, planTaint, planUntaint, taintOf, taintsOfOurs } from './taint.ts'

const act = (taint?: string) => ({ parameters: taint === undefined ? {} : { taint } })
const node = (taints: readonly KubeTaint[] | undefined, mark?: string): KubeNode =>
  ({
    metadata: {
      name: 'w1',
      uid: 'u1',
      resourceVersion: '7',
      annotations: mark === undefined ? {} : { [TAINTED]: mark },
    },
    ...(taints !== undefined && { spec: { taints } }),
  }) as unknown as KubeNode
const GPU = { key: 'example.org/gpu', effect: 'NoSchedule' } as const

describe('a taint of ours', () => {
  it('is read as kubectl writes it, and is none of Kubernetes itself', () => {
    expect(taintOf(act('example.org/gpu=ill:NoSchedule'))).toEqual({ ...GPU, value: 'ill' })
    expect(taintOf(act('example.org/gpu:NoSchedule'))).toEqual(GPU)
    expect(taintOf(act('example.org/gpu=:NoSchedule'))).toEqual(GPU)
    expect(taintOf(act())).toBe('"" is no taint; it is key=value:Effect')
    expect(taintOf(act('gpu:Sometimes'))).toBe('Sometimes is none of NoSchedule, PreferNoSchedule, NoExecute')
    expect(taintOf(act('node.kubernetes.io/unreachable:NoExecute'))).toContain('a taint of Kubernetes itself')
    expect([endsPods(act('a/b:NoExecute')), endsPods(act('a/b:NoSchedule')), endsPods(act('no'))]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('is put beside those of others, with its mark, and not in place of one that is not ours', () => {
    const other = { key: 'a', effect: 'NoSchedule' }
    expect(planTaint(node(undefined), GPU)).toMatchObject({
      kind: 'patch',
      patch: { metadata: { resourceVersion: '7', annotations: { [TAINTED]: 'example.org/gpu:NoSchedule' } } },
    })
    expect(planTaint(node([other]), GPU)).toMatchObject({ patch: { spec: { taints: [other, GPU] } } })
    expect(planTaint(node([GPU]), GPU)).toMatchObject({ kind: 'nothing' })
    expect(planTaint(node([{ ...GPU, value: 'theirs' }]), GPU)).toMatchObject({ kind: 'refused' })
    const ours = node([{ ...GPU, value: 'old' }], 'example.org/gpu:NoSchedule')
    expect(planTaint(ours, { ...GPU, value: 'new' })).toMatchObject({
      patch: { spec: { taints: [{ ...GPU, value: 'new' }] } },
    })
  })

  it('comes off where it is ours, and nothing else does', () => {
    const other = { key: 'a', effect: 'NoSchedule' }
    expect(planUntaint(node([GPU]), GPU)).toMatchObject({ kind: 'refused' })
    const marked = node([other, GPU], 'example.org/gpu:NoSchedule,b/c:NoExecute')
    expect(planUntaint(marked, GPU)).toMatchObject({
      patch: { metadata: { annotations: { [TAINTED]: 'b/c:NoExecute' } }, spec: { taints: [other] } },
    })
    expect(planUntaint(node([GPU], 'example.org/gpu:NoSchedule'), GPU)).toMatchObject({
      patch: { metadata: { annotations: { [TAINTED]: null } }, spec: { taints: null } },
    })
    expect(taintsOfOurs(marked)).toEqual([GPU, { key: 'b/c', effect: 'NoExecute' }])
  })
})
