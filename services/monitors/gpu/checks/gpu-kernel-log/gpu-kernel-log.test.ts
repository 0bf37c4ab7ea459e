import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LOADED, PLACE, xid } from '../../kernel/testing-lines.ts'
import { hasCursor, heard, lasts, machine, OTHER_UUID, UUID, uuidLine } from './testing-machine.ts'

test('a log that does not begin at the boot proves nothing, until the driver is loaded; lost lines take it back', async () => {
  await using node = await machine()
  node.log.lose(500)
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  const first = await heard(following, hasCursor)
  expect(lasts(first.findings, 'GPUXidError')).toMatchObject({ pending: true, reason: 'LogNotWhole' })
  expect(lasts(first.findings, 'GPUHealthy')).toBeUndefined()
  await node.say(LOADED, 0)
  const loaded = await heard(following, hasCursor)
  expect(lasts(loaded.findings, 'GPUXidError')).toMatchObject({ health: 'healthy', reason: 'NoXid' })
  node.log.lose(7)
  await node.say('usb 1-1: new device', 0)
  const lost = await heard(following, ({ events }) => events?.length === 1)
  expect(lost.events).toMatchObject([{ reason: 'GPULogLinesLost', severity: 'warning' }])
  expect(lost.events[0]?.message).toBe(
    '7 lines of the kernel’s log were gone before they were read: an XID among them is not known',
  )
  expect(lasts(lost.findings, 'GPUXidError')).toMatchObject({ pending: true })
})

test('what a program wrote into the log is nothing, unless a test asks for it', async () => {
  await using node = await machine()
  await node.say(xid(79), 1, 1)
  await using following = node.start().follow()
  expect((await heard(following, hasCursor)).events).toEqual([])
  await rm(join(node.stateFolder, 'kernel-log.json'))
  await using accepting = node.start({ acceptUserRecords: true }).follow()
  expect((await heard(accepting, hasCursor)).events).toMatchObject([{ reason: 'GPUXid79' }])
})

test('beside what the kernel says of it the health of the GPUs names what another check found, and that one what the kernel says', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(xid(79))
  const check = node.start()
  const hang = { type: 'GPUHung', health: 'problem', severity: 'critical', reason: 'NoAnswer', message: '' } as const
  check.shared.ill.note('gpu-health-check', [{ ...hang, summary: 'nvidia-smi does not answer' }])
  await using following = check.follow()
  const { findings } = await heard(following, hasCursor)
  expect(lasts(findings, 'GPUHealthy')).toMatchObject({
    reason: 'GPUXidError',
    message: expect.stringMatching(/; nvidia-smi does not answer$/),
    summary: expect.stringMatching(/, and 2 more$/),
  })
  expect(check.shared.ill.others('gpu-health-check').map(({ type }) => type)).toEqual(['GPUXidError', 'GPUMissing'])
})

test('what is observed is told and not acted on, by check and by code, and a site has its own action', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(xid(95))
  const of = async (config: unknown) => {
    await rm(join(node.stateFolder, 'kernel-log.json'), { force: true })
    await using following = node.start(config).follow()
    return (await heard(following, hasCursor)).findings
  }
  const all = await of({ modes: { xid: 'observe' } })
  expect(lasts(all, 'GPUXidError')).toMatchObject({ health: 'problem', observeOnly: true })
  expect(lasts(all, 'GPUHealthy')).toMatchObject({ health: 'healthy' })
  const one = await of({ xid: { '95': { mode: 'observe', action: 'contact-support' } } })
  expect(lasts(one, 'GPUXidError')).toMatchObject({ observeOnly: true, action: 'contact-support' })
  const off = await of({ xid: { '95': { mode: 'off' } } })
  expect(lasts(off, 'GPUXidError')).toMatchObject({ health: 'healthy' })
})

test('a log that cannot be read is unknown, and what stands stands', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(xid(95))
  const first = node.start()
  await using following = first.follow()
  const { cursor } = await heard(following, hasCursor)
  await following.stop()
  await rm(join(node.root, 'dev/kmsg'))
  const check = node.start()
  check.shared.cards.learn('0000:84:00', { uuid: OTHER_UUID })
  await using blind = check.follow(cursor)
  const { findings } = await blind.next()
  expect(findings.filter(({ type }) => type === 'GPUXidError')).toMatchObject([
    { health: 'problem', entity: `gpu:${UUID}` },
    { health: 'unknown', entity: `gpu:${OTHER_UUID}` },
  ])
  expect(lasts(findings, 'GPUHealthy')).toMatchObject({ health: 'problem' })
})

test('a log that cannot be read any more makes no GPU well: what is against it stands, and what was well is unknown', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(`NVRM: GPU ${PLACE}.0: RmInitAdapter failed! (0x26:0x56:1474)`)
  await node.say(LOADED)
  const first = node.start()
  await using following = first.follow()
  const { cursor, findings: before } = await heard(following, hasCursor)
  expect([lasts(before, 'GPUMissing')?.health, lasts(before, 'GPUHealthy')?.health]).toEqual(['healthy', 'healthy'])
  await following.stop()
  await rm(join(node.root, 'dev/kmsg'))
  await using blind = first.follow(cursor)
  const { findings, withdrawn = [] } = await blind.next()
  expect(lasts(findings, 'GPUMissing')?.health).toBe('unknown')
  expect([lasts(findings, 'GPUHealthy')?.health, withdrawn]).toEqual(['unknown', []])
})

test('where what was kept is lost, and the log does not begin at the boot, nothing that was told is taken back', async () => {
  await using node = await machine()
  node.log.lose(500)
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await check.run()
  const run = async () => (await check.run()).partial ?? false
  expect(await run()).toBe(true)
  await node.say(LOADED, 0)
  await heard(following, ({ events }) => events?.length === 1)
  expect(await run()).toBe(false)
})

test('a disk that does not answer keeps nothing from being told', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say('INFO: task nvidia-smi:4242 blocked for more than 122 seconds.')
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  node.hangDisk()
  let hung: string | undefined
  // The process has ended, which is to be kept.
  const run = check.run().then(({ findings }) => {
    hung = lasts(findings, 'GPUHung')?.health
  })
  await expect
    .poll(() => {
      node.clock.pass(1_000)
      return hung
    })
    .toBe('healthy')
  await run
})

test('what is not told any more by the configuration is taken back, whatever is known of the log', async () => {
  await using node = await machine()
  node.log.lose(500)
  await node.say(uuidLine())
  await node.say(`NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`)
  const first = node.start()
  await using before = first.follow()
  const { cursor } = await heard(before, hasCursor)
  await before.stop()
  const check = node.start({ modes: { lost: 'off' } })
  await using following = check.follow(cursor)
  await heard(following, hasCursor)
  await check.run()
  expect((await check.run()).withdrawn).toContainEqual({ type: 'GPUMissing', entity: `gpu:${UUID}` })
})
