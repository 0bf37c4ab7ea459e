import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FALLEN, PLACE, xid } from '../../kernel/testing-lines.ts'
import { hasCursor, heard, lasts, machine, UUID, uuidLine } from './testing-machine.ts'

test('an XID is told at once, with process, pod and MIG instance, of its GPU by its UUID', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const pod = '3f2b0a51-4c1e-4a0e-9d55-9d8d1c0b7a11'
  await mkdir(join(node.root, 'proc/4242'))
  await writeFile(join(node.root, 'proc/4242/comm'), 'python3\n')
  await writeFile(
    join(node.root, 'proc/4242/cgroup'),
    `0::/kubepods.slice/kubepods-pod${pod.replaceAll('-', '_')}.slice/cri-1.scope\n`,
  )
  const check = node.start()
  await using following = check.follow()
  const { findings } = await heard(following, hasCursor)
  expect(lasts(findings, 'GPUXidError')).toMatchObject({ health: 'healthy', entity: `gpu:${UUID}`, reason: 'NoXid' })
  expect(following.isFollowing).toBe(true)

  await node.say(xid(95, { mig: 'GPU-I:05 GPU-CI:00', text: 'Uncontained: LTC TAG' }), 0)
  const told = await heard(following, hasCursor)
  const said = `MIG instance GI 5, CI 0: python3 (pid 4242, pod ${pod}): Uncontained: LTC TAG`
  expect(told.events).toMatchObject([
    {
      reason: 'GPUXid95',
      severity: 'critical',
      entity: `gpu:${UUID}`,
      message: `GPU ${PLACE}: XID 95, uncontained ECC error: ${said}`,
    },
  ])
  expect(lasts(told.findings, 'GPUXidError')).toMatchObject({
    health: 'problem',
    severity: 'critical',
    reason: 'GPUXid95',
    action: 'reset-device',
    entity: `gpu:${UUID}`,
    subject: `GPU ${PLACE}`,
    message: `XID 95, uncontained ECC error, at 2024-05-12T03:14:13Z: ${said}.`,
  })
  expect(lasts(told.findings, 'GPUHealthy')).toMatchObject({ health: 'problem', action: 'reset-device' })
})

test('after kill -9 an XID is not told twice, and what was said meanwhile is not missed', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  let cursor: unknown
  {
    await using following = node.start().follow()
    ;({ cursor } = await heard(following, hasCursor))
    await node.say(xid(95), 0)
    ;({ cursor } = await heard(following, hasCursor))
    expect(cursor).toMatchObject({ sequence: 1 })
  }
  await node.say(xid(119), 0)
  await using following = node.start().follow(cursor)
  const { events, findings } = await heard(following, hasCursor)
  expect(events.map(({ reason }) => reason)).toEqual(['GPUXid119'])
  expect(lasts(findings, 'GPUXidError')?.message).toMatch(/XID 119.*XID 95/)
})

test('what was told and not acknowledged is told once more, as the same event', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await using first = node.start().follow()
  const { cursor } = await heard(first, hasCursor)
  await node.say(xid(95), 0)
  const before = await heard(first, hasCursor)
  await first.stop()
  await using again = node.start().follow(cursor)
  const after = await heard(again, hasCursor)
  expect(after.events).toEqual(before.events)
  expect(lasts(after.findings, 'GPUXidError')?.message).not.toContain('times')
})

test('a line that several records make is not lost to a kill between them', async () => {
  await using node = await machine()
  await node.say('Linux version 6.8.0')
  await using first = node.start().follow()
  const { cursor } = await heard(first, hasCursor)
  // All of one moment of the kernel.
  await node.say(FALLEN[0], 0)
  await node.say(xid(31), 0.5)
  const told = await heard(first, ({ events }) => events?.length === 1)
  expect(told.cursor).toBeUndefined()
  await first.stop()
  await node.say(FALLEN[1], 1)
  await node.say(FALLEN[2], 1.5)
  await using again = node.start().follow(cursor)
  const { events } = await heard(again, hasCursor)
  expect(events.map(({ reason }) => reason)).toEqual(['GPUXid31', 'GPULost'])
})

test('what was kept and is damaged is no reason to miss anything', async () => {
  await using node = await machine()
  await node.say(xid(95))
  await using first = node.start().follow()
  const { cursor } = await heard(first, hasCursor)
  await first.stop()
  const path = join(node.stateFolder, 'kernel-log.json')
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ faults: [{ code: 95 }] })
  await writeFile(path, '{"boot": 7')
  await using again = node.start().follow(cursor)
  const { findings, events } = await heard(again, hasCursor)
  expect(events).toEqual([])
  expect(lasts(findings, 'GPUXidError')).toMatchObject({ health: 'problem', reason: 'GPUXid95' })
})

test('a flood of one XID is one event and one finding at once; how often is said in the next turn', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  const base = node.clock.monotonicMs()
  await node.log.play(Array.from({ length: 500 }, (_, index) => ({ atMs: base + index, text: xid(119) })))
  await node.say(xid(62), 0)
  const told = await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid62')
  expect(told.events.map(({ reason }) => reason)).toEqual(['GPUXid119', 'GPUXid62'])
  expect(told.findings.filter(({ type }) => type === 'GPUXidError').length).toBeLessThanOrEqual(2)
  expect(lasts((await check.run()).findings, 'GPUXidError')?.message).toContain('500 times, the last at')
})

test('where the log has no numbers, lines of one microsecond are all heard, and those before a kill once', async () => {
  await using node = await machine()
  await rm(join(node.root, 'dev/kmsg'))
  const dmesg = join(node.root, 'programs/dmesg')
  await mkdir(join(node.root, 'programs'))
  const printed = (lines: readonly string[]) => lines.map((line) => `<3>[999.000001] ${line}\n`).join('')
  await writeFile(dmesg, printed([uuidLine(), xid(95), ...FALLEN, xid(62, { place: '0000:84:00' })]))
  await using first = node.start().follow()
  const { events, cursor } = await heard(first, hasCursor)
  expect(events.map(({ reason }) => reason)).toEqual(['GPUXid95', 'GPULost', 'GPUXid62'])
  await first.stop()
  await using again = node.start().follow(cursor)
  const after = await heard(again, hasCursor)
  expect(after.events).toEqual([])
  expect(lasts(after.findings, 'GPUMissing')).toMatchObject({ health: 'problem', reason: 'GPULost' })
})

test('an XID behind a line break in the name of a file is none where the log has lines alone; one of the kernel beside it is', async () => {
  await using node = await machine()
  await rm(join(node.root, 'dev/kmsg'))
  await mkdir(join(node.root, 'programs'))
  const named = `x[42]: segfault at 0 ip 0000000000401136 sp 00007ffd0 error 4 in x\n<6>[999.000001] ${xid(79)}[400000+1000]`
  const lines = [`<4>[998.000001] ${uuidLine()}`, `<6>[999.000001] ${named}`, `<4>[999.000001] ${xid(95)}`]
  await writeFile(join(node.root, 'programs/dmesg'), lines.map((line) => `${line}\n`).join(''))
  await using following = node.start().follow()
  const { events } = await heard(following, hasCursor)
  expect(events.map(({ reason }) => reason)).toEqual(['GPUXid95'])
})

test('where what was kept cannot be read, an XID is told, nothing is well, and nothing is written over it until it can', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(xid(95))
  await using first = node.start().follow()
  const { cursor } = await heard(first, hasCursor)
  await first.stop()
  const path = join(node.stateFolder, 'kernel-log.json')
  const kept = await readFile(path)
  await rm(path)
  await mkdir(path)
  // The kernel has overwritten it meanwhile.
  await node.log.reboot(node.log.bootId)
  node.log.lose(2)
  await node.say(uuidLine())
  await node.say(xid(62))

  const check = node.start()
  await using again = check.follow(cursor)
  const blind = await heard(again, ({ events }) => events?.at(-1)?.reason === 'GPUXid62')
  await expect.poll(() => check.run().then(({ findings }) => lasts(findings, 'GPUXidError')?.reason)).toBe('GPUXid62')
  const { findings, partial } = await check.run()
  expect(partial).toBe(true)
  expect([...blind.findings, ...findings].filter(({ health, pending }) => health === 'healthy' && !pending)).toEqual([])

  await rm(path, { recursive: true })
  await writeFile(path, kept)
  let isHeard = false
  const known = heard(again, hasCursor).then(() => {
    isHeard = true
  })
  const passed = (): boolean => {
    node.clock.pass(30_000)
    return isHeard
  }
  await expect.poll(passed, { interval: 5 }).toBe(true)
  await known
  const all = (await check.run()).findings.filter(({ type }) => type === 'GPUXidError')
  expect(all.map(({ message }) => message).join()).toMatch(/XID 95.*XID 62|XID 62.*XID 95/s)
})
