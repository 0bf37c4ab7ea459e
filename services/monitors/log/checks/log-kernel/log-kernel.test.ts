import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { handClock, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { logKernel } from './check.ts'
import { schema } from './config.ts'

const UPTIME_S = 100_000

test('says of the boot so far what still holds, and from then on what is said', async () => {
  await using folder = await tempFolder()
  const log = await recordKernelLog(folder.path)
  await mkdir(join(folder.path, 'proc'), { recursive: true })
  await writeFile(join(folder.path, 'proc/uptime'), `${UPTIME_S}.00 1.00\n`)
  const atMs = (agoMs: number) => UPTIME_S * 1000 - agoMs
  await log.say({ atMs: atMs(9e6), text: 'INFO: task docker:20744 blocked for more than 120 seconds.' })
  await log.say({ atMs: atMs(8e6), text: 'BUG: kernel NULL pointer dereference, address: 0000000000000008' })
  await log.say({ atMs: atMs(7e6), text: 'Out of memory: Killed process 1 (java) total-vm:1kB, anon-rss:1kB' })

  const config = schema.parse({})
  const check = startCheck(logKernel, { root: folder.path, config, clock: handClock() })
  await using following = check.follow()
  const first = await following.next()
  const problems = first.findings.filter(({ health }) => health === 'problem')
  // The hung task was seen for the last time hours ago; a fault of the kernel holds until the reboot.
  expect(problems).toMatchObject([{ type: 'KernelFault', severity: expect.any(String) }])
  expect(first.events).toEqual([])
  expect(check.declared.conditions.map(({ type }) => type)).toContain('DiskIOErrors')

  await log.say({ atMs: atMs(0), text: 'Out of memory: Killed process 7 (java) total-vm:1kB, anon-rss:1kB' })
  await log.say({ atMs: atMs(0), text: 'quiet' })
  let events = (await following.next()).events ?? []
  while (events.length === 0) events = (await following.next()).events ?? []
  expect(events).toMatchObject([{ reason: 'NodeOOMKill', severity: 'error' }])
})

test('what hangs is told of each process, and what is unmounted has no trouble with its disk any more, but its damage', async () => {
  await using folder = await tempFolder()
  const log = await recordKernelLog(folder.path)
  await mkdir(join(folder.path, 'proc'), { recursive: true })
  await writeFile(join(folder.path, 'proc/uptime'), `${UPTIME_S}.00 1.00\n`)
  const atMs = (agoMs: number) => UPTIME_S * 1000 - agoMs
  const hangs = (task: string) => `INFO: task ${task} blocked for more than 120 seconds.`
  await log.say({ atMs: atMs(300_000), text: hangs('dd:412') })
  await log.say({ atMs: atMs(200_000), text: 'EXT4-fs error (device loop0): ext4_lookup:1590: inode #2: comm ls: x' })
  await log.say({ atMs: atMs(150_000), text: 'EXT4-fs (loop0): previous I/O error to superblock detected' })
  await log.say({ atMs: atMs(100_000), text: hangs('docker:777') })
  await log.say({ atMs: atMs(50_000), text: 'EXT4-fs (loop0): unmounting filesystem.' })
  const check = startCheck(logKernel, { root: folder.path, config: schema.parse({}), clock: handClock() })
  await using following = check.follow()
  const { findings } = await following.next()
  const problems = findings.filter(({ health }) => health === 'problem')
  expect(problems.map(({ type, entity }) => `${type} ${entity}`).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'FilesystemDamaged disk:loop0',
    'TaskHungInKernel process:dd',
    'TaskHungInKernel process:docker',
  ])
})

test.each([
  ['kernel', []],
  ['any', [{ type: 'FilesystemDamaged', entity: 'disk:sdz1' }]],
] as const)('what any program may write raises nothing, unless it is asked for: %s', async (facilities, raised) => {
  await using folder = await tempFolder()
  const log = await recordKernelLog(folder.path)
  await mkdir(join(folder.path, 'proc'), { recursive: true })
  await writeFile(join(folder.path, 'proc/uptime'), `${UPTIME_S}.00 1.00\n`)
  const text = 'EXT4-fs error (device sdz1): ext4_lookup:1858: comm ls: iget: checksum invalid'
  await log.say({ atMs: UPTIME_S * 1000 - 1000, text, level: 2, facility: 1 })
  const given = facilities === 'any' ? { facilities } : {}
  const check = startCheck(logKernel, { root: folder.path, config: schema.parse(given), clock: handClock() })
  await using following = check.follow()
  const { findings } = await following.next()
  expect(findings.filter(({ health }) => health === 'problem')).toMatchObject(raised)
})

test('a rule of a pack that is disabled, by whatever name, is not used', () => {
  const typesOf = (disable: string[]) => {
    const config = schema.parse({ packs: ['kernel'], disable })
    return startCheck(logKernel, { root: '', config }).declared.conditions.map(({ type }) => type)
  }
  expect(typesOf([])).toContain('RCUStall')
  expect(typesOf(['rcu-stall'])).not.toContain('RCUStall')
})
