import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORDONED_BEFORE, type KubeNode, type NodePatch, REBOOTING } from '#kube'
import { CORDONED, isCordonedByOthers, planCordon, planUncordon, planUndo } from './cordon.ts'

/** A node with the server's account of who wrote its cordon. */
interface Place {
  unschedulable: boolean
  mark: string | undefined
  writer: string | undefined
}

function nodeOf({ unschedulable, mark, writer }: Place, keepsAccount = true): KubeNode {
  const managedFields = [
    { manager: 'kubelet', fieldsV1: { 'f:status': {} } },
    ...(writer === undefined ? [] : [{ manager: writer, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } }]),
  ]
  return {
    metadata: {
      name: 'w1',
      resourceVersion: '7',
      annotations: mark === undefined ? {} : { [CORDONED]: mark },
      ...(keepsAccount ? { managedFields } : {}),
    },
    spec: unschedulable ? { unschedulable } : {},
  } as KubeNode
}

function apply(place: Place, { metadata, spec }: NodePatch): void {
  const mark = metadata.annotations?.[CORDONED]
  if (mark !== undefined) place.mark = mark ?? undefined
  if (spec?.unschedulable === true && !place.unschedulable)
    Object.assign(place, { unschedulable: true, writer: 'node-doctor' })
  if (spec?.unschedulable === null) Object.assign(place, { unschedulable: false, writer: undefined })
}

describe('our cordon', () => {
  it('never takes off what a person has cordoned, whatever happened before', () => {
    const steps = fc.array(fc.constantFrom('ours', 'ours too', 'undo', 'undo any', 'person', 'person undoes'), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(steps, (all) => {
        const place: Place = { unschedulable: false, mark: undefined, writer: undefined }
        for (const step of all) {
          const isTheirs = place.unschedulable && place.writer === 'kubectl'
          const node = nodeOf(place)
          if (step === 'person' && !place.unschedulable)
            Object.assign(place, { unschedulable: true, writer: 'kubectl' })
          else if (step === 'person undoes') Object.assign(place, { unschedulable: false, writer: undefined })
          else if (!step.startsWith('person')) {
            const plan = step.startsWith('undo')
              ? planUncordon(node, step === 'undo' ? 'a-1' : undefined)
              : planCordon(node, step === 'ours' ? 'a-1' : 'a-2')
            if (plan.kind === 'patch') apply(place, plan.patch)
            expect(isCordonedByOthers(node)).toBe(isTheirs)
            if (isTheirs) expect([plan.kind, place.unschedulable, place.writer]).toEqual(['refused', true, 'kubectl'])
          }
        }
      }),
    )
  })

  it('is known by its mark alone where the server keeps no account', () => {
    const ours = nodeOf({ unschedulable: true, mark: 'a-1', writer: undefined }, false)
    expect(isCordonedByOthers(ours)).toBe(false)
    expect(planUncordon(ours)).toEqual({
      kind: 'patch',
      patch: { metadata: { resourceVersion: '7', annotations: { [CORDONED]: null } }, spec: { unschedulable: null } },
    })
    expect(isCordonedByOthers(nodeOf({ unschedulable: true, mark: undefined, writer: undefined }, false))).toBe(true)
  })

  it('is not ours where a writer has no name', () => {
    expect(isCordonedByOthers(nodeOf({ unschedulable: true, mark: 'a-1', writer: '' }))).toBe(true)
    const { metadata, ...rest } = nodeOf({ unschedulable: true, mark: 'a-1', writer: '' })
    const managedFields = metadata.managedFields?.map(({ manager: _, ...unnamed }) => unnamed)
    expect(isCordonedByOthers({ metadata: { ...metadata, managedFields: managedFields ?? [] }, ...rest })).toBe(true)
  })

  it('of another attempt is taken over, and not taken off', () => {
    const other = nodeOf({ unschedulable: true, mark: 'a-1', writer: 'node-doctor' })
    expect(planCordon(other, 'a-1').kind).toBe('nothing')
    expect(planCordon(other, 'a-2')).toMatchObject({
      patch: { metadata: { annotations: { [CORDONED]: 'a-2', [CORDONED_BEFORE]: 'a-1' } } },
    })
    expect(planUncordon(other, 'a-2')).toEqual({ kind: 'refused', text: 'the node is cordoned for attempt a-1' })
  })

  it('that was taken over is the earlier attempt’s again where the later one came to nothing', () => {
    const over = nodeOf({ unschedulable: true, mark: 'a-2', writer: 'node-doctor' })
    Object.assign(over.metadata.annotations ?? {}, { [CORDONED_BEFORE]: 'a-1', [REBOOTING]: 'boot' })
    const { resourceVersion } = over.metadata
    const annotations = { [CORDONED]: 'a-1', [CORDONED_BEFORE]: null, [REBOOTING]: null }
    expect(planUndo(over, 'a-2')).toEqual({ kind: 'patch', patch: { metadata: { resourceVersion, annotations } } })
    expect(planUndo(over, 'a-1').kind).toBe('refused')
    expect(planUncordon(over)).toMatchObject({
      patch: {
        metadata: { annotations: { [CORDONED]: null, [CORDONED_BEFORE]: null, [REBOOTING]: null } },
        spec: { unschedulable: null },
      },
    })
  })
})
