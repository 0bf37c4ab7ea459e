import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareSeverity } from '#model'
import { takeFact } from './judge.ts'
import { stateOf } from './kept-state.ts'
import { isOfNode, type MismatchFact, mismatchFault } from './mismatch.ts'
import { recovered } from './proofs.ts'
import { emptyState } from './state.ts'
import { engine, LOADED, PLACE, recovery, xid } from './testing-lines.ts'
import { DAY_S, log, OTHER } from './testing-log.ts'

test('the same of a GPU within three minutes is one fault, and counted', () => {
  const { say, state } = log()
  expect(say(0, xid(48))).toMatchObject([{ reason: 'GPUXid48', severity: 'critical' }])
  expect(say(60, xid(48, { pid: 7 }))).toEqual([])
  expect(say(60, xid(48, { place: OTHER }))).toHaveLength(1)
  expect(state.faults.map(({ count }) => count)).toEqual([2, 1])
  expect(say(300, xid(48))).toHaveLength(1)
})

test('what an application did to itself is told once, and stands for nothing', () => {
  const { say, standing } = log()
  expect(say(0, xid(31))).toMatchObject([
    { reason: 'GPUXid31', severity: 'warning', said: 'python3 (pid 4242): Ch 00000010' },
  ])
  expect(say(1, xid(43))).toMatchObject([{ severity: 'info' }])
  expect(standing()).toEqual([])
})

test('31 of two programs on one GPU within a day is no matter of a program any more', () => {
  const { say, state } = log()
  say(0, xid(31, { pid: 1 }), 'a')
  say(400, xid(31, { pid: 1 }), 'a')
  say(500, xid(31, { pid: 2, name: 'other', place: OTHER }), 'b')
  // Started again it has another pid, and is the same program.
  say(600, xid(31, { pid: 3 }), 'a')
  expect(state.faults).toEqual([])
  expect(say(1_000, xid(31, { pid: 2, name: 'other' }), 'b')).toMatchObject([{ severity: 'error' }])
  expect(state.faults).toMatchObject([{ severity: 'error', action: 'contact-support', proof: 'reset' }])
})

type Who = readonly [pid: number, name: string, pod: string | undefined]

test.each<readonly [string, Who, Who]>([
  ['one process that gives itself another name', [1, 'python3', 'a'], [1, 'pt_main_thread', 'a']],
  ['two processes of one pod', [1, 'python3', 'a'], [2, 'other', 'a']],
  ['a Job that is tried again, in another pod', [1, 'train', 'a'], [2, 'train', 'b']],
  ['names alone, of processes that are gone', [1, 'train', undefined], [2, 'other', undefined]],
  ['one of which nobody knows the pod', [1, 'train', 'a'], [2, 'other', undefined]],
])('XID 31 of %s is a matter of that program', (_, ...who) => {
  const { say, state } = log()
  for (const [index, [pid, name, pod]] of who.entries()) say(index * 400, xid(31, { pid, name }), pod)
  expect(state.faults).toEqual([])
})

test('a reset that was asked for is proven by none, whatever was asked for after it', () => {
  const { say, standing } = log()
  say(0, xid(95))
  say(0, xid(48))
  for (const [at, to] of [
    [1, 1],
    [2, 3],
    [600, 0],
  ] as const)
    say(at, recovery(to))
  expect(standing()).toEqual([])
})

test('13 of two programs counts on one unit alone, and within a day', () => {
  const apart = log()
  apart.say(0, engine(1, 1), 'a')
  apart.say(400, engine(2, 2), 'b')
  expect(apart.standing()).toEqual([])
  const late = log()
  late.say(0, engine(1), 'a')
  late.say(DAY_S + 1, engine(2), 'b')
  expect(late.standing()).toEqual([])
  const same = log()
  same.say(0, engine(1), 'a')
  same.say(30, engine(2), 'b')
  expect(same.standing()).toEqual(['GPUXidError GPUXid13 contact-support'])
})

test('94 the third time in a day asks for a reset; within three minutes it is one', () => {
  const { say, standing, state } = log()
  for (const atS of [0, 10, 400, 410]) say(atS, xid(94))
  expect(standing()).toEqual([])
  say(800, xid(94))
  expect(state.faults).toMatchObject([{ action: 'reset-device', severity: 'error' }])
})

test('74 a second time is one for its maker; 37 a second time in a day a warning', () => {
  const { say, state } = log()
  say(0, xid(74))
  expect(state.faults).toMatchObject([{ action: 'reset-device' }])
  expect(say(0, xid(37))).toMatchObject([{ severity: 'info' }])
  expect(say(300, xid(37))).toMatchObject([{ severity: 'warning' }])
})

test('45 never stands alone: it says what it cleans up after', () => {
  const { say, standing } = log()
  expect(say(0, xid(45))).toMatchObject([
    { what: 'XID 45, clean-up after an application that ended', severity: 'info' },
  ])
  say(300, xid(31))
  expect(say(301, xid(45))).toMatchObject([{ what: 'XID 45, clean-up after another fault' }])
  expect(standing()).toEqual([])
})

test.each([
  [
    [48, 171, 63],
    ['DRAM', 'rows remapped'],
  ],
  [[171, 48], ['DRAM']],
  [
    [172, 64, 48],
    ['SRAM', 'rows could not be remapped'],
  ],
])('details of 48 are told of it, whichever comes first: %j', (codes, details) => {
  const { say, state } = log()
  for (const [index, code] of codes.entries()) say(index, xid(code))
  expect(state.faults.find(({ code }) => code === 48)?.details).toEqual(details)
  say(100, xid(171, { place: OTHER }))
  expect(state.faults.find(({ code }) => code === 48)?.details).toEqual(details)
})

test('79 suppresses what comes after it of that GPU: it is missing, and the rest is counted', () => {
  const { say, state, standing } = log()
  expect(say(0, xid(79))).toMatchObject([{ reason: 'GPUXid79' }])
  for (const code of [119, 31, 45]) expect(say(1, xid(code))).toEqual([])
  expect(say(2, xid(31, { place: OTHER }))).toHaveLength(1)
  expect(say(2, `NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`)).toEqual([])
  expect(state.faults).toMatchObject([
    { reason: 'GPUXid79', later: 3 },
    { type: 'GPUMissing', reason: 'GPULost' },
  ])
  expect(standing()).toEqual(['GPUXidError GPUXid79 reboot-node', 'GPUMissing GPULost reboot-node'])
})

test.each([
  ['after it', [xid(95), recovery(2)]],
  ['before it', [recovery(2), xid(95)]],
])('154 within ten seconds outweighs the catalogue, %s', (_, lines) => {
  const { say, standing } = log()
  for (const [index, line] of lines.entries()) say(index, line)
  expect(standing().toSorted((a, b) => a.localeCompare(b))).toEqual([
    'GPUResetRequired GPUXid154 reboot-node',
    'GPUXidError GPUXid95 reboot-node',
  ])
})

test('154 outweighs what is told again within ten seconds of it, too', () => {
  const { say, standing } = log()
  say(1, xid(48))
  say(1000, recovery(2))
  expect(standing()).toContain('GPUXidError GPUXid48 reset-device')
  say(1001, xid(48))
  expect(standing()).toContain('GPUXidError GPUXid48 reboot-node')
})

test.each([
  ['after it', [xid(79), recovery(9)]],
  ['before it', [recovery(9), xid(79)]],
])('a word of 154 that nobody knows outweighs nothing, %s', (_, lines) => {
  const { say, standing } = log()
  for (const [index, line] of lines.entries()) say(index, line)
  expect(standing()).toContain('GPUXidError GPUXid79 reboot-node')
  expect(standing()).toContain('GPUResetRequired GPUXid154 contact-support')
})

test('where XIDs are off, what the driver asks for is told by its own check all the same', () => {
  const { say, standing } = log({ modes: { xid: 'off' } })
  expect(say(0, recovery(2))).toEqual([])
  expect(standing()).toEqual(['GPUResetRequired GPUXid154 reboot-node'])
})

test('154 that is off is not told, and proves a reset all the same', () => {
  const { say, standing } = log({ xid: { '154': { mode: 'off' } } })
  say(0, xid(95))
  expect(say(1, recovery(1))).toEqual([])
  expect(standing()).toEqual(['GPUXidError GPUXid95 reset-device'])
  expect(say(60, recovery(0))).toEqual([])
  expect(standing()).toEqual([])
})

test('154 later than that, or a site’s own word, changes nothing of another', () => {
  const late = log()
  late.say(0, xid(95))
  late.say(11, recovery(2))
  expect(late.standing()).toContain('GPUXidError GPUXid95 reset-device')
  const site = log({ xid: { '95': { action: 'contact-support' } } })
  site.say(0, xid(95))
  site.say(1, recovery(2))
  expect(site.standing()).toContain('GPUXidError GPUXid95 contact-support')
})

test.each([
  [1, 'critical', 'reset-device'],
  [2, 'critical', 'reboot-node'],
  [3, 'error', 'check-application'],
  [4, 'critical', 'reset-device'],
  [5, 'error', 'restart-service'],
  [9, 'warning', 'contact-support'],
])('154 to 0x%i is %s, %s', (to, severity, action) => {
  const { say, state } = log()
  expect(say(0, recovery(to))).toMatchObject([{ reason: 'GPUXid154', severity }])
  expect(state.faults).toMatchObject([{ type: 'GPUResetRequired', severity, action }])
})

test('an unknown code keeps what the kernel says of it', () => {
  const { say, state } = log()
  expect(say(0, xid(199, { text: 'something new' }))).toMatchObject([
    { reason: 'GPUXidUnknown', said: 'python3 (pid 4242): something new' },
  ])
  expect(state.faults).toMatchObject([
    { severity: 'warning', action: 'contact-support', said: 'python3 (pid 4242): something new' },
  ])
})

test('a fatal SXid fails the fabric, too; one of a link is counted', () => {
  const { say, standing } = log()
  const line = (code: number, word: string) => `nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): ${code}, ${word}, Link 5 x`
  expect(say(0, line(20001, 'Correctable'))).toMatchObject([{ reason: 'GPUSXid', severity: 'warning' }])
  expect(standing()).toEqual([])
  expect(say(1, line(20001, 'Correctable'))).toEqual([])
  expect(say(1, line(12020, 'Fatal'))).toMatchObject([{ severity: 'critical', said: 'link 5: x' }])
  expect(standing()).toEqual(['GPUFabricFailed GPUSXid12020 reboot-node', 'GPUXidError GPUSXid12020 reboot-node'])
})

test('what is off is not told, by check or by code', () => {
  const all = log({ modes: { xid: 'off', sxid: 'off', nccl: 'off' } })
  expect(all.say(0, xid(79))).toEqual([])
  const one = log({ xid: { '79': { mode: 'off' } } })
  expect(one.say(0, xid(79))).toEqual([])
  expect(one.say(0, xid(95))).toHaveLength(1)
  expect(log({ modes: { 'reset-required': 'off' } }).say(0, recovery(1))).toHaveLength(1)
})

describe('a library of another version than the module', () => {
  const MODULE = '580.95.05'
  function faultsOf(...facts: readonly Partial<MismatchFact>[]) {
    const { state } = log()
    const rulings = { xid: {}, sxid: {}, modes: {} }
    for (const [index, one] of facts.entries()) {
      const fact = { kind: 'mismatch', process: 'train', pid: index, module: MODULE, ...one } as const
      takeFact(state, fact, { ms: 0, bootMs: 0, us: index * 400_000_000 }, { rulings, isGpu: () => true })
    }
    return state.faults.map(({ reason, severity, action, said }) => [reason, severity, action, said])
  }

  test.each<readonly [string, readonly Partial<MismatchFact>[]]>([
    ['one pod', [{ client: '590.48.01', pod: 'a' }]],
    [
      'one pod, again',
      [
        { client: '590.48.01', pod: 'a' },
        { client: '590.48.01', pod: 'a' },
      ],
    ],
    [
      'two pods of two versions',
      [
        { client: '590.48.01', pod: 'a' },
        { client: '595.80', pod: 'b' },
      ],
    ],
    [
      'two pods that brought an older one',
      [
        { client: '570.1.1', pod: 'a' },
        { client: '570.1.1', pod: 'b' },
      ],
    ],
    ['an older one of the node, as an agent keeps it', [{ client: '570.1.1', isOfNode: true }]],
    ['somebody who is gone', [{ client: '590.48.01' }, { client: '590.48.01' }]],
    ['somebody who is gone, and had another library than the node', [{ client: '590.48.01', isNodesLibrary: false }]],
    ['somebody who is gone, and had an older one of the node', [{ client: '570.1.1', isNodesLibrary: true }]],
    ['a container, whatever the node has', [{ client: '590.48.01', isOfNode: false, isNodesLibrary: true }]],
    ['no version', [{ isOfNode: true }]],
    [
      'replicas of an image that brings a newer one along, or one Job that is tried again',
      [
        { client: '590.48.01', pod: 'a' },
        { client: '590.48.01', pod: 'b' },
        { client: '590.48.01', pod: 'c' },
      ],
    ],
  ])('is a warning of that program: %s', (_, facts) => {
    for (const [reason, severity, action] of faultsOf(...facts))
      expect([reason, severity, action]).toEqual(['GPUDriverMismatch', 'warning', 'check-application'])
  })

  test.each<readonly [string, readonly Partial<MismatchFact>[]]>([
    ['a program of the node', [{ client: '590.48.01', isOfNode: true }]],
    ['one that has ended, with the library of the node', [{ client: '590.48.01', isNodesLibrary: true }]],
  ])('asks for a reboot where the packages are newer than the module: %s', (_, facts) => {
    const pid = facts.length - 1
    const who = facts[pid]?.pod === undefined ? `pid ${pid}` : `pid ${pid}, pod ${facts[pid]?.pod}`
    expect(faultsOf(...facts).at(-1)).toEqual([
      'GPUDriverChanged',
      'error',
      'reboot-node',
      `train (${who}): library 590.48.01, kernel module ${MODULE}`,
    ])
  })
})

test('of a library of a program that is gone it is said that it may be the node’s own, and of no other', () => {
  const saidOf = (one: Partial<MismatchFact>) => {
    const fact = { kind: 'mismatch', pid: 7, module: '580.95.05', client: '590.48.01', ...one } as const
    return mismatchFault(fact, isOfNode(fact)).said
  }
  const doubt =
    '; the program is not there any more: if nvidia-smi says the same on the node itself, its packages were changed, and it waits for a reboot'
  expect(saidOf({})).toBe(`process (pid 7): library 590.48.01, kernel module 580.95.05${doubt}`)
  for (const known of [
    { pod: 'a', isOfNode: false },
    { isOfNode: false },
    { isNodesLibrary: false },
    { client: '570.1.1' },
  ])
    expect(saidOf(known)).not.toContain(doubt)
})

test('PCIe errors are told of GPUs alone', () => {
  const { say, standing } = log()
  const line = (place: string) =>
    `nvidia ${place}.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer`
  expect(say(0, line('0000:02:00'))).toEqual([])
  expect(say(0, line(PLACE))).toMatchObject([{ reason: 'GPUPCIeFatalError' }])
  expect(standing()).toEqual(['GPUPCIeDegraded GPUPCIeFatalError reboot-node'])
})

const codes = fc.constantFrom(13, 31, 43, 45, 48, 63, 64, 74, 79, 94, 95, 119, 171, 199)
const steps = fc.array(
  fc.oneof(
    fc.record({
      gapS: fc.nat(400),
      line: fc.tuple(codes, fc.integer({ min: 1, max: 3 }), fc.constantFrom(PLACE, OTHER)),
    }),
    fc.record({ gapS: fc.nat(400), line: fc.constantFrom(recovery(0), recovery(1), recovery(2), LOADED) }),
  ),
  { maxLength: 60 },
)

test('whatever comes, what stands is told, is bounded, and can be kept', () => {
  fc.assert(
    fc.property(steps, (story) => {
      const { say, state } = log()
      let atS = 0
      for (const { gapS, line } of story) {
        atS += gapS
        const before = new Map(state.faults.map((fault) => [fault, fault.severity]))
        const isXid = typeof line !== 'string'
        const told = say(atS, isXid ? xid(line[0], { pid: line[1], place: line[2] }) : line)
        for (const fault of state.faults) {
          if (fault.type === 'GPUXidError' && !before.has(fault)) expect(told).toHaveLength(1)
          expect(compareSeverity(fault.severity, before.get(fault) ?? 'info')).toBeGreaterThanOrEqual(0)
        }
      }
      const kept = JSON.parse(JSON.stringify(state)) as unknown
      expect(stateOf(kept)).toEqual({ state: kept, odd: 0 })
      recovered(state, PLACE, { by: 'x' })
      expect(state.faults.filter(({ device }) => device.place === PLACE)).toEqual([])
    }),
  )
})

test('what was kept and is none is none, and of a fault that is none the rest is left', () => {
  fc.assert(
    fc.property(fc.anything(), (kept) => {
      expect(stateOf(kept)).toBeUndefined()
      expect(stateOf({ ...emptyState('b'), faults: [kept] })).toEqual({ state: emptyState('b'), odd: 1 })
    }),
  )
})

test('a card that the driver could not take is for support to look at: an old one of a screen is one at each boot', () => {
  const { say, state } = log()
  expect(say(0, 'NVRM: The NVIDIA probe routine failed for 1 device(s).')).toMatchObject([{ severity: 'warning' }])
  expect(state.faults).toMatchObject([{ type: 'GPUMissing', severity: 'warning', action: 'contact-support' }])
})
