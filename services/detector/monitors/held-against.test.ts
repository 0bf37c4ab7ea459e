import { describe, expect, it } from 'vitest'
import { MonitorMetadata } from '#proto/npd/external/v1/external_monitor.ts'
import type { KnownMonitor } from './declare.ts'
import { differencesOf } from './held-against.ts'

function known(types: readonly string[], origin: KnownMonitor['origin'] = 'configured'): KnownMonitor {
  const conditions = types.map((type) => ({ type, polarity: 'true-is-problem' as const, shared: false }))
  return { name: 'gpu', origin, socket: '/run/gpu.sock', conditions, expected: true }
}

describe('what a plug-in says of itself beside its configuration', () => {
  it('differs by name, version of the protocol and conditions, each in words', () => {
    const metadata = MonitorMetadata.fromPartial({
      name: 'gpu-\u001b[2Jmonitor',
      apiVersion: 'v2',
      supportedConditions: ['GPUHealthy', 'GPULost'],
    })
    expect(differencesOf(metadata, known(['GPUHealthy', 'GPUHung']))).toEqual([
      'it calls itself "gpu-[2Jmonitor", and the configuration gpu',
      'it speaks version "v2" of its protocol, not v1',
      'the configuration has conditions that it does not say it supports: GPUHung',
      'it says that it supports conditions that the configuration does not have: GPULost',
    ])
  })

  it('differs in nothing that either of them leaves open, and not at all where nobody configured it', () => {
    const strange = MonitorMetadata.fromPartial({ name: 'x', apiVersion: 'v9', supportedConditions: ['A'] })
    expect(differencesOf(strange, known(['B'], 'discovered'))).toEqual([])
    expect(differencesOf(MonitorMetadata.fromPartial({}), known(['B']))).toEqual([])
    const loose = MonitorMetadata.fromPartial({ name: 'gpu', apiVersion: 'v1', supportedConditions: ['A'] })
    expect(differencesOf(loose, known([]))).toEqual([])
  })

  it('names eight types and the number of the others', () => {
    const many = Array.from({ length: 300 }, (_, i) => `T${i}`)
    const metadata = MonitorMetadata.fromPartial({ supportedConditions: ['A', ...many] })
    expect(differencesOf(metadata, known(['A']))).toEqual([
      'it says that it supports conditions that the configuration does not have: T0, T1, T2, T3, T4, T5, T6, T7 and 292 more',
    ])
  })
})
