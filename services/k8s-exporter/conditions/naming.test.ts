import { describe, expect, it } from 'vitest'
import { KUBELET_CONDITIONS } from '#model'
import { createNaming, type NamingOptions, summaryName } from './naming.ts'

const naming = (changes: Partial<NamingOptions> = {}) =>
  createNaming({ prefix: '', types: {}, discovered: { prefix: 'Plugin', types: [] }, ...changes })

describe('the name of a condition on the node', () => {
  it('is its own type, exactly, where nothing is configured', () => {
    expect(naming()('KernelDeadlock', false)).toBe('KernelDeadlock')
  })

  it('has the prefix, unless it is named by itself', () => {
    const name = naming({ prefix: 'NodeDoctor', types: { DiskFull: 'VolumeFull', SwapHigh: '' } })
    expect(['CPUPressure', 'DiskFull', 'SwapHigh'].map((type) => name(type, false))).toEqual([
      'NodeDoctorCPUPressure',
      'VolumeFull',
      '',
    ])
  })

  it('of a plug-in that nobody configured has another, unless the type is allowed or named', () => {
    const name = naming({ types: { A: 'B' }, discovered: { prefix: 'Plugin', types: ['GPUHealthy'] } })
    expect(['EtcdIsVoter', 'GPUHealthy', 'A'].map((type) => name(type, true))).toEqual([
      'PluginEtcdIsVoter',
      'GPUHealthy',
      'B',
    ])
  })

  it('is never one of the kubelet, nor the summary, whatever a plug-in calls its condition', () => {
    const name = naming({ types: { X: 'Ready' } })
    for (const type of [...KUBELET_CONDITIONS, 'X']) expect(KUBELET_CONDITIONS.has(name(type, false))).toBe(false)
    expect(name('MemoryPressure', false)).toBe('NodeDoctorMemoryPressure')
    expect(name('NodeDoctorHealthy', false)).toBe('NodeDoctorNodeDoctorHealthy')
    expect(naming({ prefix: 'NodeDoctor' })('Healthy', false)).toBe('NodeDoctorNodeDoctorHealthy')
    expect([
      summaryName({}),
      summaryName({ NodeDoctorHealthy: 'Well' }),
      summaryName({ NodeDoctorHealthy: '' }),
    ]).toEqual(['NodeDoctorHealthy', 'Well', ''])
  })

  it('of a type that is called like a part of every object is its own', () => {
    expect(naming()('constructor', false)).toBe('constructor')
  })
})
