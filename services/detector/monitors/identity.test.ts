import { describe, expect, it } from 'vitest'
import { DescribeResponse } from '#proto/nodedoctor/v1/monitor.ts'
import type { KnownMonitor } from './declare.ts'
import { takenAs } from './identity.ts'

const OURS: KnownMonitor = {
  name: 'gpu',
  origin: 'built-in',
  socket: '/run/node-doctor/monitors/gpu/gpu.sock',
  conditions: [],
  expected: false,
  isByWord: true,
}

const TYPES = DescribeResponse.fromPartial({ conditionTypes: [{ type: 'GPUHealthy' }] }).conditionTypes

function described(name: string, ...checkTypes: string[]) {
  return DescribeResponse.fromPartial({
    name,
    checks: checkTypes.map((checkType) => ({ check: 'one', checkType })),
  })
}

describe('who stands where a monitor of ours may stand', () => {
  it('is that monitor where it describes itself so: by its name and a check that is that monitor’s', () => {
    expect(takenAs(OURS, described('gpu', 'vendor-check', 'gpu-health-check'))).toBe(OURS)
    expect(takenAs({ ...OURS, origin: 'configured' }, described('gpu', 'gpu-kernel-log')).origin).toBe('configured')
  })

  it('is that monitor, too, where it bears its name and says nothing: on a machine without what it watches it has no check', () => {
    expect(takenAs(OURS, described('gpu'))).toBe(OURS)
    expect(takenAs(OURS, described('gpu-monitor')).origin).toBe('discovered')
  })

  it.each([
    ['speaks the older protocol alone', undefined],
    ['has another name', described('gpu-monitor', 'gpu-health-check')],
    ['has no check, and conditions all the same', { ...described('gpu'), conditionTypes: TYPES }],
    ['has checks of its own', described('gpu', 'gpu-check')],
    ['has a check of another monitor of ours', described('gpu', 'system-cpu')],
  ])('is a plug-in that nobody configured where it %s', (_what, words) => {
    expect(takenAs(OURS, words)).toEqual({ ...OURS, origin: 'discovered' })
  })

  it('is whom its place names where no other may stand there, whatever it says', () => {
    const fixed: KnownMonitor = { ...OURS, isByWord: undefined }
    expect(takenAs(fixed, undefined)).toBe(fixed)
    expect(takenAs(fixed, described('x'))).toBe(fixed)
  })
})
