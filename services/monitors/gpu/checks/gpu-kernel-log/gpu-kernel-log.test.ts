import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Finding, Happening } from '#monitor-kit'
import { handClock, recordedHost, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { FALLEN, LOADED, PLACE, recovery, xid } from '../../kernel/testing-lines.ts'
import { sharedOver } from '../../testing-shared.ts'
import { gpuKernelLog } from './check.ts'
import { schema } from './config.ts'

const UPTIME_S = 100_000
const UUID = 'GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11'
const OTHER_UUID = 'GPU-11111111-0b0a-4f0e-9d55-9d8d1c0b7a11'
const uuidLine = (uuid = UUID) => `NVRM: GPU at PCI:${PLACE}: ${uuid}`

/** A machine with a GPU, whose kernel says what a test says. */
async function machine() {
  const folder = await tempFolder()
  const log = await recordKernelLog(folder.path)
  const device = join(folder.path, `sys/bus/pci/devices/${PLACE}.0`)
  const stateFolder = join(folder.path, 'kept')
  for (const each of [device, stateFolder, join(folder.path, 'proc')]) await mkdir(each, { recursive: true })
  const uptime = join(folder.path, 'proc/uptime')
  await writeFile(uptime, `${UPTIME_S}.00 1.00\n`)
  await writeFile(join(device, 'vendor'), '0x10de\n')
  await writeFile(join(device, 'class'), '0x030200\n')
  const clock = handClock()
  const beganMs = clock.monotonicMs()
  return {
    root: folder.path,
    stateFolder,
    clock,
    log,
    /** So long before now. */
    async say(text: string, agoS = 1, facility = 0): Promise<void> {
      // As much as lies between two times that what is known is kept.
      clock.pass(500)
      const nowMs = UPTIME_S * 1000 + clock.monotonicMs() - beganMs
      await writeFile(uptime, `${(nowMs / 1000).toFixed(2)} 1.00\n`)
      await log.say({ atMs: nowMs - agoS * 1000, text, facility })
    },
    /** A process of the monitor. */
    start(config: unknown = {}) {
      const shared = sharedOver(folder.path, clock)
      const check = startCheck(gpuKernelLog, {
        host: recordedHost(folder.path),
        root: folder.path,
        config: schema.parse(config),
        clock,
        stateFolder,
        shared,
      })
      return Object.assign(check, { shared })
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

type Process = ReturnType<Awaited<ReturnType<typeof machine>>['start']>

/** What a life tells, up to its first cursor or what is asked for. */
async function heard(
  following: ReturnType<Process['follow']>,
  isLast: (told: { events?: readonly Happening[]; cursor?: unknown }) => boolean,
) {
  const findings: Finding[] = []
  const events: Happening[] = []
  for (;;) {
    const told = await following.next()
    findings.push(...told.findings)
    events.push(...(told.events ?? []))
    if (isLast(told)) return { findings, events, cursor: told.cursor }
  }
}

const hasCursor = ({ cursor }: { cursor?: unknown }) => cursor !== undefined
const lasts = (findings: readonly Finding[], type: string) => findings.findLast((one) => one.type === type)

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
    message: `XID 95, uncontained ECC error, at 2024-05-12T03:14:13Z: ${said}. Over by a proven reset, a reboot, or a person’s word.`,
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

test('XID 154 back to none, the probe’s word of it, and a person’s word are proofs; time is none', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  const xidNow = async () => lasts((await check.run(86_400_000)).findings, 'GPUXidError')

  await node.say(xid(95), 0)
  await node.say(recovery(1), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid154')
  expect(await xidNow()).toMatchObject({ health: 'problem' })
  await node.say(recovery(0), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid154')
  expect(await xidNow()).toMatchObject({
    health: 'healthy',
    message: 'over: the driver says that nothing is to be done any more',
  })

  await node.say(xid(95), 0)
  await heard(following, ({ events }) => events?.length === 1)
  check.shared.resets.said(PLACE, 'gpu-reset', check.clock.now())
  check.clock.pass(1)
  expect(check.woken).toBe(0)
  check.shared.resets.said(PLACE, 'none', check.clock.now())
  expect(check.woken).toBe(1)
  expect(await xidNow()).toMatchObject({ health: 'healthy' })

  await node.say(xid(119), 0)
  await heard(following, ({ events }) => events?.length === 1)
  await node.say(recovery(3), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid154')
  check.clock.pass(1)
  check.shared.resets.said(PLACE, 'none', check.clock.now())
  const { findings } = await check.run(86_400_000)
  expect([lasts(findings, 'GPUResetRequired')?.health, lasts(findings, 'GPUXidError')?.health]).toEqual([
    'healthy',
    'problem',
  ])
  check.clear('GPUXidError', `gpu:${UUID}`)
  expect(await xidNow()).toMatchObject({ health: 'healthy', message: 'over: ann says so' })
  await expect.poll(() => readFile(join(node.stateFolder, 'kernel-log.json'), 'utf8')).not.toContain('"GPUXidError"')
})

test('a reboot proves what it proves, and what comes back after two is to be replaced', async () => {
  await using node = await machine()
  let cursor: unknown
  const actions: unknown[] = []
  for (const boot of ['a', 'b', 'c', 'd']) {
    await node.log.reboot(`00000000-0000-4000-8000-00000000000${boot}`)
    await node.say(uuidLine())
    if (boot !== 'd') await node.say(xid(95))
    const check = node.start()
    await using following = check.follow(cursor)
    const told = await heard(following, hasCursor)
    cursor = told.cursor
    actions.push(lasts(told.findings, 'GPUXidError')?.action)
  }
  expect(actions).toEqual(['reset-device', 'reset-device', 'replace-hardware', 'replace-hardware'])
  const check = node.start()
  await using following = check.follow(cursor)
  await heard(following, hasCursor)
  check.shared.cards.learn(PLACE, { uuid: OTHER_UUID })
  const { findings, withdrawn } = await check.run()
  expect(lasts(findings, 'GPUXidError')).toMatchObject({ health: 'healthy', entity: `gpu:${OTHER_UUID}` })
  expect(withdrawn).toContainEqual({ type: 'GPUXidError', entity: `gpu:${UUID}` })
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

test('a stuck program is over when it goes on; what says itself again when it does not', async () => {
  await using node = await machine()
  await mkdir(join(node.root, 'proc/4242'))
  const stat = join(node.root, 'proc/4242/stat')
  await writeFile(stat, '4242 (nvidia-smi) D 1 4242\n')
  await node.say('INFO: task nvidia-smi:4242 blocked for more than 122 seconds.')
  await node.say(
    'nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing',
  )
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  const healths = async (afterMs: number) => {
    const { findings } = await check.run(afterMs)
    return ['GPUHung', 'GPUMisconfigured'].map((type) => lasts(findings, type)?.health)
  }
  expect(await healths(30_000)).toEqual(['problem', 'problem'])
  await writeFile(stat, '4242 (nvidia-smi) S 1 4242\n')
  expect(await healths(500_000)).toEqual(['healthy', 'problem'])
  expect(await healths(100_000)).toEqual(['healthy', 'healthy'])
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
  const base = UPTIME_S * 1000
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
  const printed = (lines: readonly string[]) => lines.map((line) => `<3>[99999.000001] ${line}\n`).join('')
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

test('whoever sets the clock changes nothing of what a proof is of', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  node.clock.step(-3_600_000)
  await node.say(xid(95), 0)
  const { events } = await heard(following, hasCursor)
  expect(events[0]?.at?.getTime()).toBe(node.clock.now().getTime())
  check.shared.resets.said(PLACE, 'gpu-reset', check.clock.now())
  check.clock.pass(1)
  check.shared.resets.said(PLACE, 'none', check.clock.now())
  expect(lasts((await check.run()).findings, 'GPUXidError')).toMatchObject({ health: 'healthy' })
})

test('a person who accepts fewer GPUs, all of them, lets go of what is lost', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(`NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`)
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  expect(lasts((await check.run()).findings, 'GPUMissing')).toMatchObject({ health: 'problem' })
  check.clear('GPUMissing')
  expect(lasts((await check.run()).findings, 'GPUMissing')).toMatchObject({ health: 'healthy' })
})

test('a GPU that nvidia-smi reads all of is not missing', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.say(`NVRM: GPU ${PLACE}.0: RmInitAdapter failed! (0x26:0x56:1474)`)
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await mkdir(join(node.root, 'programs'))
  const table = (memory: string) =>
    `pci.bus_id, uuid, index, name, memory.used\n0000:83:00.0, ${UUID}, 0, H200, ${memory}\n`
  const missing = async (memory: string, afterMs: number) => {
    await writeFile(join(node.root, 'programs/nvidia-smi'), table(memory))
    node.clock.pass(afterMs)
    await check.shared.query.ask()
    return lasts((await check.run()).findings, 'GPUMissing')?.health
  }
  // It may have begun before the line.
  expect(await missing('1024', 1_000)).toBe('problem')
  expect(await missing('[Unknown Error]', 15_000)).toBe('problem')
  expect(await missing('1024', 15_000)).toBe('healthy')
})
