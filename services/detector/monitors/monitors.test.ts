import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConditionStatus, Severity, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { declarationOfMetadata, type KnownMonitor } from './declare.ts'
import { discover } from './discovery.ts'
import { type Poll, reportOf } from './npd-report.ts'
import { createOwnership } from './ownership.ts'
import { isListening } from './poll.ts'
import { createRate } from './rate.ts'

const known: KnownMonitor = { name: 'gpu', origin: 'discovered', socket: '/run/x/gpu.sock', conditions: [] }
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
    builtIn: [{ monitor: 'system', types: ['DiskFull'] }],
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
  })
})

describe('looking for sockets', () => {
  let dir = ''
  const servers: Server[] = []
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nd-discovery-'))
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close()
    await rm(dir, { recursive: true, force: true })
  })
  async function listen(path: string): Promise<void> {
    const server = createServer()
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(path, resolve))
  }

  it('finds those of a folder and of the folders right below it, and nothing that is no socket', async () => {
    await mkdir(join(dir, 'gpu'))
    await listen(join(dir, 'a.sock'))
    await listen(join(dir, 'gpu', 'gpu.sock'))
    await writeFile(join(dir, 'file.sock'), '')
    const found = await discover([dir, join(dir, 'absent')], { paths: new Set(), names: new Set() })
    expect(found).toEqual({
      sockets: [
        { name: 'a', path: join(dir, 'a.sock') },
        { name: 'gpu', path: join(dir, 'gpu', 'gpu.sock') },
      ],
      refused: [],
    })
  })

  it('refuses a second socket of one name, and a name that is none, and says so', async () => {
    await mkdir(join(dir, 'x'))
    await listen(join(dir, 'a.sock'))
    await listen(join(dir, 'x', 'a.sock'))
    await listen(join(dir, 'b b.sock'))
    const { sockets, refused } = await discover([dir], { paths: new Set(), names: new Set() })
    expect(sockets).toEqual([{ name: 'a', path: join(dir, 'a.sock') }])
    expect(refused.map(({ why }) => why)).toEqual([
      'its file name is no name: letters, digits, ".", "_" and "-", at most 63',
      'another monitor is named a',
    ])
  })

  it('tells a socket that somebody listens on from one that was left behind', async () => {
    await listen(join(dir, 'a.sock'))
    expect(await isListening(join(dir, 'a.sock'), 1000)).toBe(true)
    expect(await isListening(join(dir, 'none.sock'), 1000)).toBe(false)
  })
})

describe('a rate', () => {
  it('lets a second’s worth through at once and then as many as time allows', () => {
    const rate = createRate(10)
    expect(Array.from({ length: 15 }, () => rate.take(0)).filter(Boolean)).toHaveLength(10)
    expect(rate.take(50)).toBe(false)
    expect(rate.take(200)).toBe(true)
  })
})
