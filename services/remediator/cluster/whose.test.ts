import { describe, expect, it } from 'vitest'
import type { KubeNode } from '#kube'
import { whyAnother } from './whose.ts'

const OWN = { bootId: '0f0f0f0f-0000-4000-8000-000000000001', machineId: '8f1b2c3d4e5f60718293a4b5c6d7e8f9' }
const OTHER = { bootID: '0f0f0f0f-0000-4000-8000-000000000002', machineID: 'ffffffff4e5f60718293a4b5c6d7e8f9' }
const nodeOf = (nodeInfo: Record<string, string> | undefined, ready = 'True') =>
  ({
    metadata: { name: 'w1' },
    status: { nodeInfo, conditions: [{ type: 'Ready', status: ready }] },
  }) as unknown as KubeNode
const isAnother = (nodeInfo: Record<string, string> | undefined, ready?: string, own = OWN) =>
  whyAnother(nodeOf(nodeInfo, ready), own) !== ''

describe('the Node of our name', () => {
  it('is another machine’s where boot and machine are others, and both ids of both are said', () => {
    const why = whyAnother(nodeOf(OTHER, 'Unknown'), OWN)
    for (const id of [OTHER.bootID, OTHER.machineID, OWN.bootId, OWN.machineId, 'w1']) expect(why).toContain(id)
  })

  it('is this one’s where the boot is the same, as it is of kubelets in containers', () => {
    expect(isAnother({ ...OTHER, bootID: OWN.bootId })).toBe(false)
    expect(isAnother({ ...OTHER, bootID: OWN.bootId.toUpperCase().replaceAll('-', '') })).toBe(false)
  })

  it('is this one’s after a reboot that its kubelet has not told yet; one that is Ready has told its own', () => {
    const rebooted = { ...OTHER, machineID: '8F1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9' }
    expect([isAnother(rebooted, 'Unknown'), isAnother(rebooted, 'False')]).toEqual([false, false])
    // Machines of one image.
    expect(isAnother(rebooted, 'True')).toBe(true)
  })

  it('is nobody else’s where an id is not known', () => {
    expect([isAnother(undefined), isAnother({ bootID: '', machineID: '' })]).toEqual([false, false])
    expect(isAnother(OTHER, 'True', { ...OWN, bootId: '' })).toBe(false)
    expect(isAnother(OTHER, 'Unknown', { ...OWN, machineId: '' })).toBe(false)
    expect(isAnother(OTHER, 'True', { ...OWN, machineId: '' })).toBe(true)
  })
})
