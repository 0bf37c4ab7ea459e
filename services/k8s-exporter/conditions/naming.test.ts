import { describe, expect, it } from 'vitest'
import { KUBELET_CONDITIONS } from '#model'
import { createNaming } from './naming.ts'

describe('the name of a condition on the node', () => {
  it('is its own type, exactly, where nothing is configured', () => {
    expect(createNaming({ prefix: '', types: {} })('KernelDeadlock')).toBe('KernelDeadlock')
  })

  it('has the prefix, unless it is named by itself', () => {
    const naming = createNaming({ prefix: 'NodeDoctor', types: { DiskFull: 'VolumeFull', SwapHigh: '' } })
    expect(['CPUPressure', 'DiskFull', 'SwapHigh'].map(naming)).toEqual(['NodeDoctorCPUPressure', 'VolumeFull', ''])
  })

  it('is never one of the kubelet, whatever a plug-in calls its condition', () => {
    const naming = createNaming({ prefix: '', types: { X: 'Ready' } })
    for (const type of [...KUBELET_CONDITIONS, 'X']) expect(KUBELET_CONDITIONS.has(naming(type))).toBe(false)
    expect(naming('MemoryPressure')).toBe('NodeDoctorMemoryPressure')
  })

  it('of a type that is called like a part of every object is its own', () => {
    expect(createNaming({ prefix: '', types: {} })('constructor')).toBe('constructor')
  })
})
