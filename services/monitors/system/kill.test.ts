import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startMonitorProcess } from '#monitor-kit/testing'
import { mountLoop, run, tempFolder, whyNoMounts } from '../../../libs/host/testing.ts'

const reason = whyNoMounts()
const MAIN = new URL('main.ts', import.meta.url).pathname
const EXT4 = ['mkfs.ext4', '-q', '-F', '-m', '0'] as const

/** The real process, and what it says of the one file system that it watches. */
async function startProcess(folder: string, path: string) {
  const monitors = [{ name: 'disks', type: 'disk-health-check', config: { paths: [{ path }] } }]
  const monitor = await startMonitorProcess({ main: MAIN, monitor: 'system', folder, monitors })
  const { conditions } = await monitor.checkHealth()
  return { ...monitor, condition: conditions.find(({ type }) => type === 'FilesystemReadOnly') }
}

describe.skipIf(reason !== '')(`a process that is killed ${reason}`, () => {
  test('tells when it is back what turned read-only while it was away, and only what this boot knows', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, EXT4)
    const before = await startProcess(folder.path, mount.path)
    expect(before.condition).toMatchObject({ status: 2, reason: 'Writable' })
    const memory = join(before.runFolder, 'disks.memory.json')
    await expect.poll(() => run('cat', memory).catch(() => '')).toContain(mount.path)
    await before.kill()

    await run('mount', '-o', 'remount,ro', mount.path)
    const after = await startProcess(folder.path, mount.path)
    await after.kill()
    expect(after.condition).toMatchObject({
      status: 1,
      reason: 'ReadOnly',
      message: `disk:${mount.path}: mounted read-only, but it was writable before; see the kernel log for errors of the file system`,
    })

    // Without what was remembered nobody can know.
    await rm(memory)
    const unknowing = await startProcess(folder.path, mount.path)
    await unknowing.kill()
    expect(unknowing.condition).toMatchObject({ status: 3, reason: 'FirstLook' })
  })
})
