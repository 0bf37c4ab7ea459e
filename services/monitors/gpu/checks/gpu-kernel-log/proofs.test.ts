import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LOADED, PLACE, recovery, xid } from '../../kernel/testing-lines.ts'
import { hasCursor, heard, lasts, machine, OTHER_UUID, UUID, uuidLine } from './testing-machine.ts'

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
  check.shared.resets.said(PLACE, 'gpu-reset', check.clock.monotonicMs())
  check.clock.pass(1)
  expect(check.woken).toBe(0)
  check.shared.resets.said(PLACE, 'none', check.clock.monotonicMs())
  expect(check.woken).toBe(1)
  expect(await xidNow()).toMatchObject({ health: 'healthy' })

  await node.say(xid(119), 0)
  await heard(following, ({ events }) => events?.length === 1)
  await node.say(recovery(3), 0)
  await heard(following, ({ events }) => events?.at(-1)?.reason === 'GPUXid154')
  check.clock.pass(1)
  check.shared.resets.said(PLACE, 'none', check.clock.monotonicMs())
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

test('that the driver was loaded is proven to other checks after a kill, too, and not after a reboot', async () => {
  await using node = await machine()
  await node.say(LOADED, 0)
  const loadedMs = node.clock.monotonicMs()
  let cursor: unknown
  const proven: (number | undefined)[] = []
  for (const life of ['first', 'killed', 'rebooted']) {
    if (life === 'rebooted') await node.log.reboot('00000000-0000-4000-8000-00000000000b')
    await node.say(uuidLine(), 0)
    const check = node.start()
    await using following = check.follow(cursor)
    ;({ cursor } = await heard(following, hasCursor))
    proven.push(check.shared.resets.provenAt(PLACE))
  }
  expect(proven).toEqual([loadedMs, loadedMs, undefined])
})

/** What /proc says of a program. */
const statOf = (state: string, name = 'nvidia-smi') =>
  `4242 (${name}) ${state} 1 1 1 0 -1 4194560 0 0 0 0 3 9 0 0 20 0 1 0 5123 0 0\n`

test('a stuck program is over when it goes on; what says itself again when it does not', async () => {
  await using node = await machine()
  await mkdir(join(node.root, 'proc/4242'))
  const stat = join(node.root, 'proc/4242/stat')
  await writeFile(stat, statOf('D'))
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
  await writeFile(stat, statOf('S'))
  expect(await healths(500_000)).toEqual(['healthy', 'problem'])
  expect(await healths(100_000)).toEqual(['healthy', 'healthy'])
})

test('a clock that was ahead when an XID was told, and was set back, keeps no proof from ending it', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  node.clock.step(3_600_000)
  await node.say(xid(95), 0)
  const { events } = await heard(following, ({ events }) => events?.length === 1)
  // For people it is by the clock on the wall.
  expect(events[0]?.at?.getTime()).toBe(node.clock.now().getTime())
  node.clock.step(-3_600_000)
  check.shared.resets.said(PLACE, 'gpu-reset', check.clock.monotonicMs())
  check.clock.pass(1)
  check.shared.resets.said(PLACE, 'none', check.clock.monotonicMs())
  expect(lasts((await check.run()).findings, 'GPUXidError')).toMatchObject({ health: 'healthy' })
})

test('a probe from before a GPU was lost does not show it, though the clock was set back since', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await mkdir(join(node.root, 'programs'))
  await writeFile(
    join(node.root, 'programs/nvidia-smi'),
    `pci.bus_id, uuid, index, name\n0000:83:00.0, ${UUID}, 0, H200\n`,
  )
  await check.shared.query.ask()
  node.clock.step(-3_600_000)
  await node.say(`NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`, 0)
  await heard(following, ({ events }) => events?.length === 1)
  expect(lasts((await check.run()).findings, 'GPUMissing')).toMatchObject({ health: 'problem' })
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

test('a program that this process cannot look at is stuck as long as nobody knows better', async () => {
  await using node = await machine()
  await node.say('INFO: task nvidia-smi:4242 blocked for more than 122 seconds.')
  const check = node.start()
  let seesProcesses = false
  Object.assign(check.shared, { seesProcesses: () => Promise.resolve(seesProcesses) })
  await using following = check.follow()
  await heard(following, hasCursor)
  const hung = async () => lasts((await check.run()).findings, 'GPUHung')?.health
  expect(await hung()).toBe('problem')
  // Another one of another namespace has its number.
  await mkdir(join(node.root, 'proc/4242'))
  await writeFile(join(node.root, 'proc/4242/stat'), statOf('S', 'sleep'))
  expect(await hung()).toBe('problem')
  seesProcesses = true
  expect(await hung()).toBe('healthy')
})

test('what another source proved is kept, so that a kill does not make it ill again', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  const kept = () => readFile(join(node.stateFolder, 'kernel-log.json'), 'utf8')
  const { resets } = check.shared
  await node.say(xid(95), 0)
  await expect.poll(kept).toContain('"GPUXidError"')
  resets.said(PLACE, 'gpu-reset', check.clock.monotonicMs())
  resets.said(PLACE, 'none', check.clock.monotonicMs() + 1)
  await expect.poll(kept).not.toContain('"GPUXidError"')
  await node.say(recovery(3), 0)
  await expect.poll(kept).toContain('"GPUResetRequired"')
  resets.said(PLACE, 'none', check.clock.monotonicMs() + 1)
  await expect.poll(kept).not.toContain('"GPUResetRequired"')
})

test('a card that was taken out is spoken of no more, by what was over neither', async () => {
  await using node = await machine()
  await node.say(uuidLine())
  await node.addGpu('0000:84:00')
  await node.say(`NVRM: GPU at PCI:0000:84:00: ${OTHER_UUID}`)
  await node.say(xid(95, { place: '0000:84:00' }))
  await node.say(LOADED)
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  const other = { type: 'GPUXidError', entity: `gpu:${OTHER_UUID}` }
  expect((await check.run()).findings).toContainEqual(expect.objectContaining({ ...other, health: 'healthy' }))
  await node.removeGpu('0000:84:00')
  const { findings, withdrawn } = await check.run()
  expect(findings).not.toContainEqual(expect.objectContaining(other))
  expect(withdrawn).toContainEqual(other)
  expect(lasts(findings, 'GPUXidError')).toMatchObject({ health: 'healthy', entity: `gpu:${UUID}` })
})

test('GPUs that the driver could not take are not missing once nvidia-smi reads all that the node has', async () => {
  await using node = await machine()
  await node.addGpu('0000:84:00')
  await node.say('NVRM: The NVIDIA probe routine failed for 1 device(s).')
  const check = node.start()
  await using following = check.follow()
  await heard(following, hasCursor)
  await mkdir(join(node.root, 'programs'))
  const rows = [`0000:83:00.0, ${UUID}, 0, H200`, `0000:84:00.0, ${OTHER_UUID}, 1, H200`]
  const missing = async (shown: readonly string[]) => {
    await writeFile(join(node.root, 'programs/nvidia-smi'), ['pci.bus_id, uuid, index, name', ...shown, ''].join('\n'))
    node.clock.pass(15_000)
    await check.shared.query.ask()
    return lasts((await check.run()).findings, 'GPUMissing')?.health
  }
  expect([await missing(rows.slice(0, 1)), await missing(rows)]).toEqual(['problem', 'healthy'])
})
