import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FsStat } from '#host'
import { observed, unobserved } from '#monitor-kit/evaluate'
import { findingOf, fixture, sampleOf, startFixture } from '#monitor-kit/testing'
import { disk } from './check.ts'
import { schema } from './config.ts'
import { parseDiskstats } from './diskstats.ts'
import { type DiskMemory, evaluateDisk, FIRST_DISK } from './evaluate.ts'
import { clearDisk, factsOf, recallDisk } from './memory.ts'
import type { DiskReading, Place } from './source.ts'
import { diskEntity } from './space.ts'

const CONFIG = schema.parse({})
const GIB = 1_073_741_824
const START = new Date('2024-05-12T03:14:12Z')

function space(availableGib: number, sizeGib = 200): FsStat {
  const bytes = availableGib * GIB
  return { sizeBytes: sizeGib * GIB, freeBytes: bytes, availableBytes: bytes, files: 1_000, filesFree: 780 }
}

function place(part: Partial<Place> = {}): Place {
  return {
    path: '/var',
    limits: CONFIG,
    space: observed(space(100)),
    access: 'writable',
    meantWritable: undefined,
    turned: false,
    sealed: false,
    fileSystem: 'ext4 254:1 /dev/vdb1',
    ...part,
  }
}

function reading(places: readonly Place[], part: Partial<DiskReading> = {}): DiskReading {
  return { mounts: observed(undefined), places, omitted: 0, devices: observed(new Map()), ...part }
}

function runAll(readings: readonly DiskReading[], everyMs = 60_000, config = CONFIG, first = FIRST_DISK) {
  let memory: DiskMemory = first
  return readings.map((one, index) => {
    const now = { wall: new Date(START.getTime() + index * everyMs), monoMs: 5_000 + index * everyMs }
    const verdict = evaluateDisk(one, config, memory, now)
    memory = verdict.memory
    return verdict
  })
}

test('a file system is told in the words of the page', () => {
  const [verdict] = runAll([reading([place({ space: observed(space(45.2)) })])])
  expect(findingOf(verdict!, 'DiskFull', 'disk:/var')).toEqual({
    type: 'DiskFull',
    entity: 'disk:/var',
    health: 'healthy',
    reason: 'BelowLimit',
    message: '77.4 % used of 200 GiB, limit 85 %',
    evidence: {
      value: 77.4,
      unit: '%',
      warning: 85,
      critical: 95,
      lowIsBad: false,
      label: 'used',
      detail: '45.2 GiB of 200 GiB free.',
      metric: 'disk_used_ratio{mount="/var"}',
    },
  })
})

test('a file system that fills says when it will be full', () => {
  const readings = [10, 9.4, 8.8, 8.2, 7.6].map((gib) => reading([place({ space: observed(space(gib)) })]))
  const finding = findingOf(runAll(readings)[4]!, 'DiskFull', 'disk:/var')
  expect(finding).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'AboveCriticalLimit',
    message: '96.2 % used of 200 GiB, limit 95 %',
    summary: '/var is 96 % full',
  })
  expect(finding.evidence?.detail).toBe('7.6 GiB of 200 GiB free; at 0.6 GiB a minute full at about 03:31.')
})

test('what is kept for root counts as neither used nor free, as in df', () => {
  const reserved: FsStat = { sizeBytes: 100, freeBytes: 20, availableBytes: 0, files: 0, filesFree: 0 }
  const [verdict] = runAll([reading([place({ space: observed(reserved) })])])
  expect(findingOf(verdict!, 'DiskFull', 'disk:/var')).toMatchObject({
    severity: 'critical',
    summary: '/var is full',
    message: 'nothing free of 80 bytes, limit 95 % used',
  })
})

test('each file system has its own limits, and inodes are judged apart from space', () => {
  const limits = { warningThreshold: 40, criticalThreshold: 60, inodeWarningThreshold: 20, inodeCriticalThreshold: 90 }
  const [verdict] = runAll([reading([place({ limits }), place({ path: '/data' })])])
  expect(findingOf(verdict!, 'DiskFull', 'disk:/var')).toMatchObject({
    severity: 'warning',
    message: '50.0 % used of 200 GiB, limit 40 %',
  })
  expect(findingOf(verdict!, 'InodesLow', 'disk:/var')).toMatchObject({
    health: 'problem',
    severity: 'warning',
    message: '22.0 % of 1,000 inodes used, limit 20 %',
    summary: '/var has 780 inodes left',
  })
  expect(findingOf(verdict!, 'DiskFull', 'disk:/data').health).toBe('healthy')
})

test('a file system without a count of inodes has no condition for them', () => {
  const uncounted = place({ space: observed({ ...space(100), files: 0, filesFree: 0 }) })
  expect(runAll([reading([uncounted])])[0]!.findings.map(({ type }) => type)).toEqual([
    'DiskFull',
    'FilesystemReadOnly',
  ])
})

test('a file system that hangs or cannot be asked is unknown in its space, not in the rest', () => {
  const hung = place({ space: unobserved('ReadTimedOut', 'cannot statfs /var: TIMEOUT') })
  const [verdict] = runAll([reading([hung])])
  expect(verdict!.findings.map(({ type, health }) => [type, health])).toEqual([
    ['DiskFull', 'unknown'],
    ['InodesLow', 'unknown'],
    ['FilesystemReadOnly', 'healthy'],
  ])
})

test('read-only is a fault where it was writable before, or should be; else it is as it is', () => {
  const readOnly = place({ access: 'read-only' })
  const before = runAll([reading([place()]), reading([readOnly])])[1]!
  expect(findingOf(before, 'FilesystemReadOnly', 'disk:/var')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'ReadOnly',
    message: 'mounted read-only, but it was writable before; see the kernel log for errors of the file system',
    summary: '/var is read-only',
  })
  const [meant] = runAll([reading([{ ...readOnly, meantWritable: true }])])
  expect(findingOf(meant!, 'FilesystemReadOnly', 'disk:/var').message).toContain('/etc/fstab wants it writable')

  const [unsaid] = runAll([reading([readOnly])])
  expect(findingOf(unsaid!, 'FilesystemReadOnly', 'disk:/var')).toMatchObject({ health: 'healthy', pending: true })
  const [designed] = runAll([reading([{ ...readOnly, meantWritable: false }])])
  expect(findingOf(designed!, 'FilesystemReadOnly', 'disk:/var')).toMatchObject({ health: 'healthy', pending: false })
  const [image] = runAll([reading([{ ...readOnly, sealed: true }])])
  expect(findingOf(image!, 'FilesystemReadOnly', 'disk:/var')).toMatchObject({ health: 'healthy', pending: false })
  const [broken] = runAll([reading([{ ...readOnly, sealed: true, meantWritable: true }])])
  expect(findingOf(broken!, 'FilesystemReadOnly', 'disk:/var').health).toBe('problem')
})

test('an image that nobody can write is read-only by design, and what else is read-only from the start is not known', async () => {
  const access = async (name: string) => {
    await using check = await startFixture(disk, { folder: fixture(import.meta.url, name), config: CONFIG })
    return findingOf(await check.run(), 'FilesystemReadOnly', 'disk:/')
  }
  expect(await access('well-read-only-sealed')).toMatchObject({ reason: 'ReadOnlyByDesign', pending: false })
  expect(await access('well-read-only-unknown')).toMatchObject({ reason: 'FirstLook', pending: true })
})

test('a file system that its mount says to be writable has turned read-only by itself, whoever saw it before', () => {
  const [turned] = runAll([reading([place({ access: 'read-only', turned: true })])])
  expect(findingOf(turned!, 'FilesystemReadOnly', 'disk:/var')).toMatchObject({
    health: 'problem',
    message: 'mounted read-only, but it was mounted for writing; see the kernel log for errors of the file system',
  })
})

test('what was writable is remembered beyond the process, for the file system that it was', () => {
  const [, written] = runAll([reading([]), reading([place(), place({ path: '/img', access: 'read-only' })])])
  const facts: unknown = JSON.parse(JSON.stringify(factsOf(written!.memory)))
  expect(facts).toEqual({ writable: { '/var': 'ext4 254:1 /dev/vdb1' } })

  const after = (part: Partial<Place>) =>
    findingOf(
      runAll([reading([place({ access: 'read-only', ...part })])], 60_000, CONFIG, recallDisk(facts))[0]!,
      'FilesystemReadOnly',
      'disk:/var',
    )
  expect(after({})).toMatchObject({ health: 'problem', reason: 'ReadOnly' })
  // Another one that was mounted in its place was never seen writable.
  expect(after({ fileSystem: 'ext4 8:16 /dev/sdb' })).toMatchObject({ health: 'healthy', pending: true })
})

test('no facts make it throw, or see a problem', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ writable: fc.anything() })), (facts) => {
      const [verdict] = runAll([reading([place({ path: '/b', access: 'read-only' })])], 1, CONFIG, recallDisk(facts))
      expect(findingOf(verdict!, 'FilesystemReadOnly', 'disk:/b').health).toBe('healthy')
    }),
  )
})

test("a person's word lets go of what is read-only, and counts a slow disk anew", () => {
  const readOnly = reading([place({ access: 'read-only' })])
  const [, problem] = runAll([reading([place()]), readOnly])
  const key = { type: 'FilesystemReadOnly', entity: 'disk:/var' }
  expect(findingOf(problem!, key.type, key.entity).health).toBe('problem')
  const [cleared] = runAll([readOnly], 60_000, CONFIG, clearDisk(problem!.memory, key))
  expect(findingOf(cleared!, key.type, key.entity)).toMatchObject({ health: 'healthy', pending: true })

  const slow = { counters: { completed: 1, waitedMs: 1, busyMs: 1, inFlight: 0 }, monoMs: 1, stalledMs: 9 }
  const devices = new Map([['sda', { ...slow, slow: { warning: 3, critical: 3 } }]])
  const counted = clearDisk({ ...FIRST_DISK, devices }, { type: 'DiskSlow', entity: 'disk:sda' })
  expect(counted.devices.get('sda')).toMatchObject({ slow: { warning: 0, critical: 0 }, stalledMs: 0 })
})

test('what cannot be listed is not said to be gone', () => {
  const why = unobserved('ReadRefused', 'EACCES')
  const verdicts = runAll([reading([place()]), reading([], { mounts: why }), reading([place()], { devices: why })])
  expect(verdicts.map(({ partial }) => partial)).toEqual([false, true, true])
  expect(verdicts[1]!.withdrawn).toEqual([])
})

test('an image that is read-only by design may be full', () => {
  const image = place({ access: 'read-only', meantWritable: false, space: observed(space(0)) })
  expect(runAll([reading([image])])[0]!.findings.map(({ type }) => type)).toEqual(['FilesystemReadOnly'])
})

test('a configured path that does not exist is told once, and is no condition', () => {
  const absent = place({ path: '/var/lib/docker', space: undefined })
  const [first, second, third] = runAll([
    reading([absent]),
    reading([absent]),
    reading([place({ path: '/var/lib/docker' })]),
  ])
  expect(first).toMatchObject({
    findings: [],
    events: [
      {
        reason: 'PathAbsent',
        severity: 'info',
        entity: 'disk:/var/lib/docker',
        message: '/var/lib/docker does not exist on this node and is not watched; that is no problem',
      },
    ],
  })
  expect(second!.events).toEqual([])
  expect(third!.events).toMatchObject([{ reason: 'PathPresent', message: '/var/lib/docker exists now and is watched' }])
  expect(third!.findings).not.toEqual([])
})

test('a file system that was unmounted is withdrawn, with all its conditions', () => {
  const both = reading([place(), place({ path: '/data' })])
  expect(runAll([both, reading([place()])])[1]!.withdrawn).toEqual([
    { type: 'DiskFull', entity: 'disk:/data' },
    { type: 'InodesLow', entity: 'disk:/data' },
    { type: 'FilesystemReadOnly', entity: 'disk:/data' },
  ])
})

test('when the mounts cannot be read, what was watched is unknown, nothing is withdrawn, and it comes back', () => {
  const blind = reading([], { mounts: unobserved('ReadRefused', 'cannot read /proc/1/mountinfo: EACCES') })
  const [, unknown, back] = runAll([reading([place()]), blind, reading([place()])])
  expect(unknown!.withdrawn).toEqual([])
  expect(unknown!.findings.map(({ type, entity, health }) => [type, entity, health])).toEqual([
    ['DiskFull', 'disk:/var', 'unknown'],
    ['InodesLow', 'disk:/var', 'unknown'],
    ['FilesystemReadOnly', 'disk:/var', 'unknown'],
  ])
  expect(back!.findings.every(({ health }) => health === 'healthy')).toBe(true)
  const [alone] = runAll([blind])
  expect(alone!.findings.map(({ type, entity }) => [type, entity])).toEqual([
    ['DiskFull', ''],
    ['InodesLow', ''],
    ['FilesystemReadOnly', ''],
  ])
})

test('a disk is slow when its average wait is over the limit for three checks', async () => {
  await using check = await startFixture(disk, { folder: fixture(import.meta.url, 'sick-slow'), config: CONFIG })
  const findings = []
  for (let i = 0; i < 5; i++) findings.push(findingOf(await check.run(), 'DiskSlow', 'disk:vda'))
  expect(findings.map((f) => [f.health, f.pending ?? false, f.reason])).toEqual([
    ['healthy', true, 'FirstLook'],
    ['healthy', true, 'NotSustainedYet'],
    ['healthy', true, 'NotSustainedYet'],
    ['problem', false, 'AboveCriticalLimit'],
    ['problem', false, 'AboveCriticalLimit'],
  ])
  expect(findings[3]).toMatchObject({
    message: '640 ms average wait, limit 500 ms',
    summary: 'vda takes 640 ms for a request',
  })
})

test('a disk that completes nothing is critical at once, and is named by hardware only', async () => {
  await using check = await startFixture(disk, { folder: fixture(import.meta.url, 'sick-stalled'), config: CONFIG })
  await check.run()
  const result = await check.run()
  expect(findingOf(result, 'DiskSlow', 'disk:vda')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'IOStalled',
    message:
      '31 requests on the way and none completed for 30 s; see the kernel log for resets and timeouts of the disk',
  })
  expect(result.findings.filter(({ type }) => type === 'DiskSlow')).toHaveLength(1)
  expect(sampleOf(result, 'disk_busy_ratio', { device: 'vda' })).toBe(1)
})

test('a few slow requests of a disk that idles are no slow disk', async () => {
  await using check = await startFixture(disk, { folder: fixture(import.meta.url, 'well-idle'), config: CONFIG })
  await check.run()
  for (let i = 0; i < 4; i++) {
    expect(findingOf(await check.run(), 'DiskSlow', 'disk:vda')).toMatchObject({
      health: 'healthy',
      reason: 'WaitsShort',
    })
  }
})

test('reads the counters of disks, old kernels and new', () => {
  const line = '254 0 vda 60615 10136 4788322 12137 17585 44774 6514704 25535 2 8396 38243'
  const [vda] = [...(parseDiskstats(`   ${line}\nbroken\n`) ?? new Map()).values()]
  expect(vda).toEqual({ completed: 78_200, waitedMs: 37_672, busyMs: 8_396, inFlight: 2 })
  expect(parseDiskstats(`${line} 5858 36 924368 529 1662 40\n`)?.get('vda')).toMatchObject({
    completed: 84_058,
    waitedMs: 38_201,
  })
  expect(parseDiskstats('')).toEqual(new Map())
  expect(parseDiskstats('broken\n')).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => void parseDiskstats(text)))
})

test('a path of any length names its own entity', () => {
  expect(diskEntity('/var')).toBe('disk:/var')
  const [a, b] = [`/${'x'.repeat(200)}/a`, `/${'x'.repeat(200)}/b`].map(diskEntity)
  expect(a).not.toBe(b)
  expect(a!.length).toBeLessThanOrEqual(128)
})

test('never throws, never sees a problem in what could not be read, reports each condition once', () => {
  const size = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const fsStat = fc.record({ sizeBytes: size, freeBytes: size, availableBytes: size, files: size, filesFree: size })
  const why = fc.constant(unobserved('ReadFailed', 'x'))
  const anyPlace: fc.Arbitrary<Place> = fc.record({
    path: fc.constantFrom('/', '/var', '/data'),
    limits: fc.constant(CONFIG),
    space: fc.oneof(fsStat.map(observed), why, fc.constant(undefined)),
    access: fc.constantFrom('writable', 'read-only', 'stopped', undefined),
    meantWritable: fc.constantFrom(true, false, undefined),
    turned: fc.boolean(),
    sealed: fc.boolean(),
    fileSystem: fc.constantFrom('ext4 8:1 /dev/sda1', 'xfs 8:2 /dev/sda2', undefined),
  })
  const counters = fc.record({ completed: size, waitedMs: size, busyMs: size, inFlight: size })
  const devices = fc.dictionary(fc.constantFrom('sda', 'vda'), counters).map((all) => new Map(Object.entries(all)))
  const any: fc.Arbitrary<DiskReading> = fc.record({
    mounts: fc.oneof(fc.constant(observed(undefined)), why),
    places: fc.uniqueArray(anyPlace, { selector: ({ path }) => path }),
    omitted: fc.nat(3),
    devices: fc.oneof(devices.map(observed), why),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), (readings) => {
      for (const [index, verdict] of runAll(readings).entries()) {
        const keys = verdict.findings.map(({ type, entity }) => `${type} ${entity}`)
        expect(new Set(keys).size).toBe(keys.length)
        for (const one of readings[index]!.places) {
          if (one.space === undefined || one.space.ok) continue
          const full = verdict.findings.find((f) => f.type === 'DiskFull' && f.entity === diskEntity(one.path))
          expect(full?.health ?? 'unknown').toBe('unknown')
        }
      }
    }),
  )
})
