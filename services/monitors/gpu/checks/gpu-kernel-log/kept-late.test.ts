import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PLACE, xid } from '../../kernel/testing-lines.ts'
import { hasCursor, heard, lasts, machine, OTHER_UUID, UUID, uuidLine } from './testing-machine.ts'

type Node = Awaited<ReturnType<typeof machine>>
type Following = ReturnType<ReturnType<Node['start']>['follow']>

/** Lets time pass, in steps, for whoever waits for it. */
async function passes(node: Node, steps: number, ms: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    node.clock.pass(ms)
    for (let turn = 0; turn < 5; turn++) await setImmediate()
  }
}

/** A process before heard an XID, and kept it. */
async function keptXid(node: Node): Promise<unknown> {
  await node.say(uuidLine())
  await node.say(xid(95))
  await using first = node.start().follow()
  const { cursor } = await heard(first, hasCursor)
  await first.stop()
  return cursor
}

/** What was kept cannot be read. @returns makes that it can */
async function unreadable(node: Node): Promise<() => Promise<void>> {
  const path = join(node.stateFolder, 'kernel-log.json')
  const kept = await readFile(path)
  await rm(path)
  await mkdir(path)
  return async () => {
    await rm(path, { recursive: true })
    await writeFile(path, kept)
  }
}

/** What was kept is read, and the log once more with it. */
async function isKnown(node: Node, following: Following) {
  node.mendDisk()
  const known = heard(following, hasCursor)
  let isHeard = false
  void known.then(() => {
    isHeard = true
  })
  const passed = (): boolean => {
    node.clock.pass(30_000)
    return isHeard
  }
  await expect.poll(passed, { interval: 5 }).toBe(true)
  return known
}

test('a folder that cannot be made for a moment loses nothing of what was kept', async () => {
  await using node = await machine()
  const cursor = await keptXid(node)
  // The log is not what says it.
  await node.log.reboot(node.log.bootId)
  node.log.lose(3)
  await node.say(uuidLine())
  node.failDisk('EACCES')
  const check = node.start()
  await using following = check.follow(cursor)
  await expect.poll(() => check.run(1).then(({ findings }) => lasts(findings, 'GPUXidError')?.health)).toBeDefined()
  await isKnown(node, following)
  expect(lasts((await check.run()).findings, 'GPUXidError')).toMatchObject({ health: 'problem', reason: 'GPUXid95' })
})

test('on a state directory that is read-only for good the check goes on without memory', async () => {
  await using node = await machine()
  await node.say('Linux version 6.8.0')
  await node.say(uuidLine())
  node.failDisk('EROFS')
  const check = node.start()
  await using following = check.follow()
  const word = async () => {
    const { findings, partial } = await check.run()
    const found = lasts(findings, 'GPUXidError')
    return [found?.health, found?.pending === true, found?.reason, partial]
  }
  await expect.poll(word).toEqual(['healthy', true, 'KeptNotRead', true])
  await passes(node, 10, 30_000)
  expect(await word()).toEqual(['healthy', false, 'NoXid', false])
  await node.say(xid(95), 0)
  await heard(following, ({ events }) => events?.length === 1)
  expect((await word())[0]).toBe('problem')
})

test('a proof that was made while what was kept could not be read ends what was kept, and nothing that was said later', async () => {
  await using node = await machine()
  const cursor = await keptXid(node)
  const mend = await unreadable(node)
  const check = node.start()
  await using following = check.follow(cursor)
  await expect.poll(() => check.run(1).then(({ findings }) => lasts(findings, 'GPUXidError')?.health)).toBeDefined()
  check.clear('GPUXidError', `gpu:${UUID}`)
  await node.say(xid(119), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid119')
  await mend()
  await isKnown(node, following)
  const { message } = lasts((await check.run()).findings, 'GPUXidError') ?? {}
  expect(message).toMatch(/XID 119/)
  expect(message).not.toMatch(/XID 95/)
  await expect.poll(() => readFile(join(node.stateFolder, 'kernel-log.json'), 'utf8')).not.toContain('GPUXid95')
})

test('so does a probe’s, and one from before the log was begun', async () => {
  await using node = await machine()
  const cursor = await keptXid(node)
  const check = node.start()
  const { resets } = check.shared
  resets.said(PLACE, 'gpu-reset', node.clock.monotonicMs())
  node.clock.pass(1)
  resets.said(PLACE, 'none', node.clock.monotonicMs())
  await using following = check.follow(cursor)
  const { findings } = await heard(following, hasCursor)
  expect(lasts(findings, 'GPUXidError')).toMatchObject({
    health: 'healthy',
    message: 'over: the driver says that nothing is to be done any more',
  })
})

test('what was heard meanwhile, and is gone from the log by then, stands', async () => {
  await using node = await machine()
  const cursor = await keptXid(node)
  const mend = await unreadable(node)
  const check = node.start()
  await using following = check.follow(cursor)
  await expect.poll(() => check.run(1).then(({ findings }) => lasts(findings, 'GPUXidError')?.health)).toBeDefined()
  await node.say(xid(119), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid119')
  await node.log.reboot(node.log.bootId)
  node.log.lose(9)
  await node.say(uuidLine())
  await mend()
  await isKnown(node, following)
  expect(lasts((await check.run()).findings, 'GPUXidError')?.message).toMatch(/XID 95.*XID 119|XID 119.*XID 95/s)
})

test('a disk that is full is tried later each time, a minute at most, and what is known is kept once it has room', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  node.failDisk('ENOSPC')
  await node.say(xid(95), 0)
  await heard(following, ({ events }) => events?.length === 1)
  const before = node.asked
  await passes(node, 240, 500)
  expect(node.asked - before).toBeLessThanOrEqual(9)
  node.mendDisk()
  await passes(node, 3, 30_000)
  await expect
    .poll(() => readFile(join(node.stateFolder, 'kernel-log.json'), 'utf8').catch(() => ''))
    .toContain('GPUXid95')
})

test('a proof that could not be written is written in a later turn', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await node.say(xid(95), 0)
  const kept = () => readFile(join(node.stateFolder, 'kernel-log.json'), 'utf8')
  await expect.poll(kept).toContain('GPUXid95')
  node.failDisk('ENOSPC')
  check.clear('GPUXidError', `gpu:${UUID}`)
  await passes(node, 1, 1)
  node.mendDisk()
  await check.run()
  expect(await kept()).not.toContain('GPUXid95')
})

test('a life that has ended writes nothing any more', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const following = node.start().follow()
  await heard(following, hasCursor)
  node.failDisk('ENOSPC')
  await node.say(xid(95), 0)
  await heard(following, ({ events }) => events?.length === 1)
  await following.stop()
  await passes(node, 1, 1)
  const before = node.asked
  node.mendDisk()
  await rm(join(node.stateFolder, 'kernel-log.json'))
  await passes(node, 20, 30_000)
  expect(node.asked - before).toBe(0)
})

test('a card that was taken out keeps nothing of the node up that the driver could not take', async () => {
  await using node = await machine()
  await node.addGpu('0000:84:00')
  await node.say('NVRM: The NVIDIA probe routine failed for 1 device(s).')
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await writeFile(
    await node.program('nvidia-smi'),
    `pci.bus_id, uuid, index, name\n0000:83:00.0, ${OTHER_UUID}, 0, H200\n`,
  )
  const missing = async () => {
    node.clock.pass(15_000)
    await check.shared.query.ask()
    return (await check.run()).findings.find(({ type, entity = '' }) => type === 'GPUMissing' && entity === '')?.health
  }
  expect(await missing()).toBe('problem')
  await node.removeGpu('0000:84:00')
  expect(await missing()).toBe('healthy')
})
