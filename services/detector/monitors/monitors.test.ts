import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConditionStatus, Severity, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { declarationOfMetadata, type KnownMonitor } from './declare.ts'
import { type Poll, reportOf } from './npd-report.ts'
import { createOwnership } from './ownership.ts'

const known: KnownMonitor = {
  name: 'gpu',
  origin: 'discovered',
  socket: '/run/x/gpu.sock',
  conditions: [],
  expected: false,
}
const now = new Date('2026-05-12T03:14:20Z')

function poll(more: Partial<Poll> = {}): Poll {
  const types = declarationOfMetadata(undefined, known, new Set(['GPUHealthy'])).conditionTypes
  return {
    monitor: 'gpu',
    check: 'gpu',
    sequence: 1,
    started: now,
    durationUs: 5,
    intervalMs: 30_000,
    next: now,
    now,
    types,
    ...more,
  }
}

describe('an answer of the older protocol', () => {
  it('is a problem where it says TRUE, healthy where FALSE, unknown for everything else', () => {
    const status = Status.fromPartial({
      conditions: [
        ConditionStatus.TRUE,
        ConditionStatus.FALSE,
        ConditionStatus.UNKNOWN,
        ConditionStatus.UNSPECIFIED,
      ].map((value) => ({ type: 'GPUHealthy', status: value })),
    })
    expect(reportOf(status, poll()).observations.map(({ health }) => health)).toEqual([
      'problem',
      'healthy',
      'unknown',
      'unknown',
    ])
  })

  it('means the opposite where the configuration says that True is healthy', () => {
    const configured = {
      ...known,
      conditions: [{ type: 'GPUHealthy', polarity: 'true-is-healthy' as const, shared: false }],
    }
    const types = declarationOfMetadata(undefined, configured, new Set()).conditionTypes
    const status = Status.fromPartial({ conditions: [{ type: 'GPUHealthy', status: ConditionStatus.FALSE }] })
    expect(reportOf(status, poll({ types })).observations[0]?.health).toBe('problem')
  })

  it('has WARN as warning, everything else as info, and the time of arrival where none is told', () => {
    const status = Status.fromPartial({
      events: [{ severity: Severity.WARN, reason: 'A' }, { severity: Severity.INFO, reason: 'B' }, { reason: 'C' }],
    })
    expect(reportOf(status, poll()).events).toMatchObject([
      { severity: 'warning', firstSeen: now },
      { severity: 'info', firstSeen: now },
      { severity: 'info', firstSeen: now },
    ])
  })

  it('becomes a report whatever bytes it is made of', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let status: Status
        try {
          status = Status.decode(bytes)
        } catch {
          return
        }
        expect(reportOf(status, poll()).observations).toHaveLength(status.conditions.length)
      }),
    )
  })
})

describe('who owns a condition type', () => {
  const ownership = createOwnership({
    builtIn: [{ monitor: 'system', types: ['DiskFull'], shared: [] }],
    configured: [
      {
        name: 'vendor',
        conditions: [
          { type: 'DiskFull', shared: false },
          { type: 'VendorBad', shared: false },
          { type: 'Both', shared: true },
        ],
      },
    ],
  })
  it('follows from built-in monitors, then the configuration, and never from who came first', () => {
    expect(ownership.ownerOf('DiskFull')).toBe('system')
    expect(ownership.ownerOf('VendorBad')).toBe('vendor')
    expect(ownership.ownerOf('MonitorUnreachable')).toBe('detector')
  })
  it('is nobody alone for shared types and for those that nobody declares', () => {
    expect(ownership.ownerOf('Both')).toBeUndefined()
    expect(ownership.ownerOf('GPUHealthy')).toBeUndefined()
    expect(ownership.othersOf('GPUHealthy', 'anybody')).toBeUndefined()
  })
  it('keeps everybody else from it', () => {
    expect(ownership.othersOf('DiskFull', 'system')).toBeUndefined()
    expect(ownership.othersOf('DiskFull', 'vendor')).toBe('system')
  })
  it('is that of several monitors of ours together, and of a plug-in only where the configuration lets it in', () => {
    const among = createOwnership({
      builtIn: [
        { monitor: 'system', types: [], shared: ['DriverFailed', 'NtpDown'] },
        { monitor: 'gpu', types: [], shared: ['DriverFailed'] },
      ],
      configured: [{ name: 'vendor', conditions: [{ type: 'NtpDown', shared: true }] }],
    })
    expect(among.ownerOf('DriverFailed')).toBeUndefined()
    const told = ['system', 'gpu', 'vendor', 'found'].map((monitor) => [
      among.othersOf('DriverFailed', monitor),
      among.othersOf('NtpDown', monitor),
    ])
    expect(told).toEqual([
      [undefined, undefined],
      [undefined, 'system, vendor'],
      ['gpu, system', undefined],
      ['gpu, system', 'system, vendor'],
    ])
  })
})
