/** What this machine's kernel says of a file system whose disk takes no writes any more, while it is mounted and when it is not. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CheckUnderTest, startCheck } from '#monitor-kit/testing'
import { mountLoop, run, whyNoMounts } from '../../../libs/host/testing.ts'
import { logKernel } from './checks/log-kernel/check.ts'
import { schema } from './checks/log-kernel/config.ts'

const CAN_RUN = existsSync('/sys/fs/ext4/features') && existsSync('/dev/kmsg') && whyNoMounts() === ''
const TAG = `nd-unmount-${process.pid}`
const MARKS = schema.parse({
  packs: ['storage'],
  facilities: 'any',
  rules: [{ match: `${TAG} (\\w+)`, reason: 'Marked', message: '$1' }],
})
type Following = ReturnType<CheckUnderTest['follow']>
/** What the kernel has to have said: of all file systems together it says 64 lines of mounts in 30 s, and then nothing. */
type Says = (verb: 'mounted' | 'unmounting', uuid: string) => void

/** Plays it anew, once the kernel says mounts again, where it failed because the kernel withheld one that it has to say. */
async function whereMountsAreSaid(play: (says: Says) => Promise<void>): Promise<void> {
  for (let left = 2; ; left--) {
    const expected: string[] = []
    try {
      return await play((verb, uuid) => void expected.push(`${verb} filesystem ${uuid}`))
    } catch (error) {
      const said = await run('dmesg')
      if (left === 0 || expected.every((line) => said.includes(line))) throw error
      await sleep(31_000)
    }
  }
}

async function uuidOf(pathOrDevice: string): Promise<string> {
  return (await run('blkid', '-o', 'value', '-s', 'UUID', pathOrDevice)).trim()
}

async function deviceOf(path: string): Promise<string> {
  return (await run('findmnt', '-n', '-o', 'SOURCE', path)).trim().replace('/dev/', '')
}

/** One file system within another: when the outer one takes no writes any more, the inner one's disk fails. */
async function mountNested(says: Says) {
  const folder = await mkdtemp(join(tmpdir(), 'nd-unmount-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const outer = stack.use(await mountLoop(folder, 160, ['mkfs.ext4', '-q', '-F', '-e', 'remount-ro']))
  const own = join(outer.path, 'inner')
  await mkdir(own)
  const inner = await mountLoop(own, 64, ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'])
  const [outerDevice, device] = [await deviceOf(outer.path), await deviceOf(inner.path)]
  const uuid = await uuidOf(`/dev/${device}`)
  says('mounted', uuid)
  let isMounted = true
  async function unmount(): Promise<void> {
    if (isMounted) await inner[Symbol.asyncDispose]()
    if (isMounted) says('unmounting', uuid)
    isMounted = false
  }
  /** Unmounts it, and mounts another disk that has its name then. */
  async function replaceBy(image: string): Promise<void> {
    const begin =
      'umount "$0"; for n in $(seq 300); do losetup "$1" "$2" 2>/dev/null && break; sleep 0.01; done; mount "$1" "$0"'
    await run('sh', '-c', `${begin}; losetup -d "$1"`, inner.path, `/dev/${device}`, image)
    says('unmounting', uuid)
    says('mounted', await uuidOf(image))
  }
  stack.defer(unmount)
  const cleanup = stack.move()
  onTestFinished(() => cleanup.disposeAsync(), 30_000)
  // Of what is written nothing waits but in the journal, which an unmount empties.
  await writeFile(join(inner.path, 'written'), 'x'.repeat(65_536))
  await run('sync')
  return {
    outerDevice,
    device,
    path: inner.path,
    folder,
    unmount,
    replaceBy,
    fail: () => writeFile(`/sys/fs/ext4/${outerDevice}/trigger_fs_error`, '1'),
  }
}

/** What is told up to a mark that is written into the kernel's log now. */
async function toldUntilMark(following: Following, mark: string): Promise<string[]> {
  await writeFile('/dev/kmsg', `<6>${TAG} ${mark}\n`)
  const told: string[] = []
  for (;;) {
    const { findings, events = [] } = await following.next()
    told.push(...findings.map(({ type, entity, health }) => `${type} ${entity} ${health}`))
    if (events.some(({ message }) => message === mark)) return told
  }
}

async function problemsOf(check: CheckUnderTest, device: string): Promise<string[]> {
  const { findings } = await check.run()
  const problems = findings.filter(({ health, entity }) => health === 'problem' && entity === `disk:${device}`)
  return problems.map(({ type }) => type).toSorted((a, b) => a.localeCompare(b))
}

/** A check that has read what stood in the log. */
async function started(): Promise<{ readonly check: CheckUnderTest; readonly following: Following }> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'nd-unmount-state-'))
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }))
  const check = startCheck(logKernel, { root: '', config: MARKS, stateFolder })
  const following = check.follow()
  onTestFinished(() => following[Symbol.asyncDispose]())
  await toldUntilMark(following, 'began')
  // Before that a turn says nothing of what stands.
  await expect.poll(() => following.isFollowing).toBe(true)
  return { check, following }
}

describe.runIf(CAN_RUN)('a file system whose disk takes no writes', () => {
  it(
    'and that is unmounted then raises nothing, whatever the kernel says behind that',
    () =>
      whereMountsAreSaid(async (says) => {
        const nested = await mountNested(says)
        const { check, following } = await started()
        const before = await problemsOf(check, nested.device)
        await nested.fail()
        const mounted = await toldUntilMark(following, 'failed')
        expect(mounted).toContain(`FilesystemForcedReadOnly disk:${nested.outerDevice} problem`)
        await nested.unmount()
        const told = await toldUntilMark(following, 'unmounted')
        expect(told.filter((one) => one.includes(`disk:${nested.device} `) && !one.startsWith('Disk'))).toEqual([])
        expect(await problemsOf(check, nested.device)).toEqual(before)
        check.clock.pass(60_000)
        expect(await problemsOf(check, nested.device)).toEqual(before)
        // The other one is mounted still.
        expect(await problemsOf(check, nested.outerDevice)).toContain('FilesystemForcedReadOnly')
      }),
    150_000,
  )

  it(
    'has its problems as long as it is mounted, and not much longer, also where the kernel does not say that it is not',
    () =>
      whereMountsAreSaid(async (says) => {
        const nested = await mountNested(says)
        const { check, following } = await started()
        await nested.fail()
        // So many lines in so short a time that the kernel says no more of that file system.
        const write = 'for n in $(seq 14); do dd if=/dev/zero of="$0/$n" bs=64k count=1 conv=fsync; done; true'
        await run('sh', '-c', write, nested.path)
        const told = await toldUntilMark(following, 'written')
        expect(told).toContain(`FilesystemIOErrors disk:${nested.device} problem`)
        for (let turn = 0; turn < 4; turn++) {
          expect(await problemsOf(check, nested.device)).toContain('FilesystemIOErrors')
        }
        await nested.unmount()
        await toldUntilMark(following, 'unmounted')
        await check.run()
        expect(await problemsOf(check, nested.device)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/IO|Read/)]),
        )
      }),
    150_000,
  )

  it.each([
    ['a disk that is well', 'true', false],
    ['one that goes wrong while it is mounted', 'debugfs -w -R "set_super_value last_orphan 15"', true],
  ])(
    'and is unmounted, and %s has its name at once: what stands is of that',
    (_, prepare, isTold) =>
      whereMountsAreSaid(async (says) => {
        const nested = await mountNested(says)
        const { check, following } = await started()
        const image = join(nested.folder, 'other')
        await run('truncate', '-s', '64M', image)
        await run('mkfs.ext4', '-q', '-F', '-O', '^has_journal', '-e', 'remount-ro', image)
        await run('sh', '-c', `${prepare} "$0"`, image)
        await nested.fail()
        await nested.replaceBy(image)
        const told = await toldUntilMark(following, 'replaced')
        expect(told).not.toContain(`FilesystemForcedReadOnly disk:${nested.device} problem`)
        expect(await problemsOf(check, nested.device)).not.toContain('FilesystemForcedReadOnly')
        check.clock.pass(61_000)
        const standing = (await problemsOf(check, nested.device)).filter((type) => /^Filesystem(?!Damaged)/.test(type))
        expect(standing).toEqual(isTold ? expect.arrayContaining(['FilesystemForcedReadOnly']) : [])
      }),
    150_000,
  )
})
