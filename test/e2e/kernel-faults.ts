/** Real faults of this machine's kernel, on what a test made itself. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mountLoop, run, whyNoMounts } from '../../libs/host/testing.ts'
import { until } from './constellation.ts'

const MEMORY = '/sys/fs/cgroup/memory'
const HUNG = '/proc/sys/kernel/hung_task'

/** "" where this kernel has what is needed. */
export const WHY_NO_OOM: string = existsSync(`${MEMORY}/memory.limit_in_bytes`) ? '' : 'no memory cgroup of version 1'
export const WHY_NO_HUNG: string = existsSync(`${HUNG}_timeout_secs`)
  ? whyNoMounts()
  : 'the kernel looks for no hung task'
export const WHY_NO_EXT4: string = existsSync('/sys/fs/ext4') ? whyNoMounts() : 'no ext4'

/** Runs something that takes all memory in a cgroup with 24 MiB. @returns its process, which the kernel killed */
export async function killByMemory(): Promise<number> {
  const group = join(MEMORY, `nd-test-${process.pid}`)
  await mkdir(group)
  try {
    await writeFile(join(group, 'memory.limit_in_bytes'), String(24 * 1024 * 1024))
    const child = spawn('sh', ['-c', `echo $$ > ${group}/cgroup.procs; exec tail /dev/zero`], { stdio: 'ignore' })
    const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)))
    if (signal !== 'SIGKILL') throw new Error(`it was not killed: ${String(signal)}`)
    return child.pid ?? -1
  } finally {
    await until('the cgroup is empty', async () => (await readFile(join(group, 'cgroup.procs'), 'utf8')) === '')
    await rmdir(group)
  }
}

/** The loop device that is mounted at a path: "loop3". */
async function deviceOf(path: string): Promise<string> {
  return (await run('findmnt', '-n', '-o', 'SOURCE', path)).trim().replace('/dev/', '')
}

const isDone = (): boolean => true

/** A file system that the kernel finds broken, and takes no more writes for. */
export async function breakExt4(folder: string): Promise<{ readonly device: string; mend(): Promise<void> }> {
  const mkfs = ['mkfs.ext4', '-q', '-F', '-e', 'remount-ro'] as const
  const mount = await mountLoop(folder, 16, mkfs)
  const device = await deviceOf(mount.path)
  await writeFile(`/sys/fs/ext4/${device}/trigger_fs_error`, '1')
  return {
    device,
    /** Another one is mounted from the same device. */
    async mend() {
      await mount[Symbol.asyncDispose]()
      const image = join(folder, 'image')
      await run(...mkfs, image)
      // Another test may have that device for a while.
      await until(`/dev/${device}`, () => run('losetup', `/dev/${device}`, image).then(isDone, () => undefined), 60_000)
      await run('mount', `/dev/${device}`, mount.path)
      await run('umount', mount.path)
      await run('losetup', '-d', `/dev/${device}`)
    },
  }
}

/** Writes into a frozen file system until the kernel says that it hangs. @returns the process that hung */
export async function hangTask(folder: string, hasSaid: (pid: number) => Promise<boolean>): Promise<number> {
  await using mount = await mountLoop(folder, 16, ['mkfs.ext4', '-q', '-F'])
  await using cleanup = new AsyncDisposableStack()
  for (const name of (await readdir('/proc/sys/kernel')).filter((each) =>
    /^hung_task_(?:timeout_secs|warnings)$/.test(each),
  )) {
    const path = join('/proc/sys/kernel', name)
    const before = await readFile(path, 'utf8')
    cleanup.defer(() => writeFile(path, before))
  }
  await run('fsfreeze', '-f', mount.path)
  const child = spawn('dd', ['if=/dev/zero', `of=${mount.path}/x`, 'count=1'], { stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  cleanup.defer(async () => {
    await run('fsfreeze', '-u', mount.path)
    await gone
  })
  const pid = child.pid ?? -1
  await writeFile(`${HUNG}_timeout_secs`, '2')
  await until('the kernel says that it hangs', () => hasSaid(pid), 20_000)
  return pid
}
