import { expect, test } from 'vitest'
import { identify } from './faults.ts'
import { cleared, quiet, rebooted, replaced, shown, unstuck } from './proofs.ts'
import { LOADED, PLACE, recovery, xid } from './testing-lines.ts'
import { DAY_S, log, OTHER } from './testing-log.ts'

test('154 back to none after another proves that GPU well, and no other', () => {
  const { say, standing, state } = log()
  say(0, xid(95))
  say(0, xid(95, { place: OTHER }))
  say(1, recovery(0))
  expect(standing()).toHaveLength(2)
  say(2, recovery(1))
  say(60, recovery(0))
  expect(state.faults.map(({ device }) => device.place)).toEqual([OTHER])
})

test.each([3, 5, 9])('154 back to none after 0x%i ends what it asked for, and no fault that a reset ends', (to) => {
  const { say, standing } = log()
  say(0, xid(95))
  say(1, recovery(to))
  expect(standing()).toHaveLength(2)
  say(60, recovery(0))
  expect(standing()).toMatchObject([/^GPUXidError GPUXid95 /].map((word) => expect.stringMatching(word)))
})

test('the driver loaded anew proves a reset of all, but not that a GPU is back on the bus', () => {
  const { say, standing } = log()
  say(0, xid(95))
  say(1, recovery(1))
  say(2, xid(79, { place: OTHER }))
  say(3, 'NVRM: The NVIDIA probe routine failed for 1 device(s).')
  expect(say(100, LOADED)).toMatchObject([{ reason: 'GPUDriverLoaded', severity: 'info' }])
  expect(standing()).toEqual(['GPUXidError GPUXid79 reboot-node', 'GPUMissing GPULost reboot-node'])
})

test.each([
  ['NVRM: The NVIDIA probe routine failed for 1 device(s).', 'GPUMissing GPUProbeFailed contact-support'],
  [
    `nvidia ${PLACE}.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer`,
    'GPUPCIeDegraded GPUPCIeFatalError reboot-node',
  ],
])(
  'what the driver said while it was being loaded is not over by that load, but by the next one: %s',
  (line, stands) => {
    const { say, standing } = log()
    say(10, line)
    say(10, LOADED)
    expect(standing()).toEqual([stands])
    say(40, LOADED)
    expect(standing()).toEqual([])
  },
)

test('a load that failed is over by the next one that works, however soon that is', () => {
  const { say, standing } = log()
  say(10, 'NVRM: The NVIDIA probe routine failed for 8 device(s).')
  say(16, LOADED)
  expect(standing()).toEqual([])
})

test('a GPU that the driver could not take is not missing once all are shown', () => {
  const { say, state, standing } = log()
  say(10, 'NVRM: The NVIDIA probe routine failed for 1 device(s).')
  const around = { isShown: (place: string) => place === PLACE, isAllShown: () => false }
  expect(shown(state, around)).toEqual([])
  expect(shown(state, { ...around, isAllShown: (sinceMs) => sinceMs < 11_000 })).toHaveLength(1)
  expect(standing()).toEqual([])
})

test('a reboot, a person’s word, another card in its place end what they end', () => {
  const { say, state } = log()
  say(0, xid(79))
  expect(cleared(state, ({ type }) => type === 'GPUMissing')).toHaveLength(1)
  expect(rebooted(state, 'boot-2')).toMatchObject([{ fault: { code: 79 }, by: 'the node was rebooted' }])
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  expect(replaced(state, [])).toEqual([])
  expect(replaced(state, [{ place: PLACE, uuid: 'GPU-a' }])).toEqual([])
  expect(replaced(state, [{ place: PLACE, uuid: 'GPU-b' }])).toMatchObject([{ fault: { code: 95 } }])
})

test('a card that stands in another slot now has what it had, and is not over by who is in its old one', () => {
  const { say, state } = log()
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  const b = { place: PLACE, uuid: 'GPU-b' }
  // Who is there nobody has said yet: it may be that card.
  expect(replaced(state, [b, { place: OTHER, uuid: undefined }])).toEqual([])
  expect(replaced(state, [b, { place: OTHER, uuid: 'GPU-a' }])).toEqual([])
  expect(state.faults).toMatchObject([{ uuid: 'GPU-a', device: { kind: 'gpu', place: OTHER } }])
  // The other one’s XID is its own.
  identify(state, PLACE, 'GPU-b')
  say(10, xid(95))
  identify(state, PLACE, 'GPU-b')
  expect(state.faults.map(({ uuid, count }) => [uuid, count])).toEqual([
    ['GPU-a', 1],
    ['GPU-b', 1],
  ])
  expect(replaced(state, [b, { place: OTHER, uuid: 'GPU-c' }])).toMatchObject([{ fault: { uuid: 'GPU-a' } }])
})

test('what the card had that was in a slot before is no fault of the one that is there now', () => {
  const { say, state } = log()
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  rebooted(state, 'boot-2')
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  rebooted(state, 'boot-3')
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  rebooted(state, 'boot-4')
  identify(state, PLACE, 'GPU-b')
  say(0, xid(95))
  identify(state, PLACE, 'GPU-b')
  expect(state.faults.map(({ uuid, action }) => [uuid, action])).toEqual([
    ['GPU-a', 'replace-hardware'],
    ['GPU-b', 'reset-device'],
  ])
})

test('a card that is off the bus, and is to be replaced, hides nothing of the next boot, nor of who is in its slot then', () => {
  const { say, state, standing } = log()
  for (const boot of ['boot-1', 'boot-2', 'boot-3']) {
    rebooted(state, boot)
    say(0, xid(79))
    identify(state, PLACE, 'GPU-a')
  }
  expect(say(1, xid(119))).toEqual([])
  rebooted(state, 'boot-4')
  identify(state, PLACE, 'GPU-a')
  expect(say(1, xid(119))).toHaveLength(1)
  // It has fallen off again.
  say(2, xid(79))
  identify(state, PLACE, 'GPU-a')
  expect(say(3, xid(95))).toEqual([])
  // Another one was put in.
  identify(state, PLACE, 'GPU-b')
  expect(say(4, xid(95))).toHaveLength(1)
  expect(standing()).toContain('GPUXidError GPUXid79 replace-hardware')
})

test.each(['GPUXidError', 'GPUResetRequired'])(
  'a person’s word on %s takes no proof away that the driver gives later',
  (type) => {
    const { say, state, standing } = log()
    say(0, xid(48))
    say(1, recovery(1))
    expect(cleared(state, (fault) => fault.type === type)).toHaveLength(1)
    say(20, xid(119))
    say(60, recovery(0))
    expect(standing()).toEqual([])
  },
)

test('a person’s word on another condition makes no XID the first of its kind', () => {
  const { say, state, standing } = log()
  say(0, xid(94))
  say(400, xid(94))
  say(500, `NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`)
  cleared(state, ({ type }) => type === 'GPUMissing')
  say(800, xid(94))
  expect(standing()).toEqual(['GPUXidError GPUXid94 reset-device'])
})

test('the same of one card after two reboots in thirty days is to be replaced, which no reboot proves', () => {
  const { say, state } = log()
  for (const boot of ['boot-1', 'boot-2']) {
    rebooted(state, boot)
    say(0, xid(95))
    identify(state, PLACE, 'GPU-a')
    expect(state.faults).toMatchObject([{ action: 'reset-device' }])
  }
  rebooted(state, 'boot-3')
  say(0, xid(95))
  identify(state, PLACE, 'GPU-b')
  expect(state.faults).toMatchObject([{ action: 'reset-device', uuid: 'GPU-b' }])
  rebooted(state, 'boot-4')
  say(0, xid(95))
  identify(state, PLACE, 'GPU-a')
  expect(state.faults).toMatchObject([{ action: 'replace-hardware', proof: 'replacement', severity: 'critical' }])
  expect(rebooted(state, 'boot-5')).toEqual([])
  expect(replaced(state, [{ place: PLACE, uuid: 'GPU-c' }])).toHaveLength(1)
})

test('over more than thirty days it is no more than it is', () => {
  const { say, state } = log()
  for (const [index, boot] of ['boot-1', 'boot-2', 'boot-3'].entries()) {
    rebooted(state, boot)
    say(index * 16 * DAY_S, xid(95))
    identify(state, PLACE, 'GPU-a')
  }
  expect(state.faults).toMatchObject([{ action: 'reset-device' }])
})

test('what says itself again is over when it does not; what is stuck when it is not', () => {
  const { say, state } = log()
  say(0, 'nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing')
  say(0, 'INFO: task nvidia-smi:42 blocked for more than 122 seconds.')
  say(400, 'INFO: task nvidia-smi:43 blocked for more than 122 seconds.')
  expect(quiet(state, () => true)).toHaveLength(1)
  expect(unstuck(state, ({ pid }) => pid === 43)).toEqual([])
  expect(unstuck(state, () => false)).toMatchObject([{ fault: { type: 'GPUHung' } }])
})

test('a GPU that answers again is not missing, its XID stands, and what it says from then on is told', () => {
  const { say, state, standing } = log()
  say(0, xid(79))
  expect(say(1, xid(119))).toEqual([])
  expect(shown(state, { isShown: () => false, isAllShown: () => false })).toEqual([])
  expect(shown(state, { isShown: (place) => place === PLACE, isAllShown: () => false })).toMatchObject([
    { fault: { type: 'GPUMissing' } },
  ])
  expect(standing()).toEqual(['GPUXidError GPUXid79 reboot-node'])
  expect(say(300, xid(119))).toHaveLength(1)
  say(600, xid(79))
  expect(say(601, xid(62))).toEqual([])
})
