import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ExternalMonitorService } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { spawnChild } from '../../../libs/host/child.ts'
import { mountLoop, run, tempFolder, whyNoMounts } from '../../../libs/host/testing.ts'

const reason = whyNoMounts()
const MAIN = new URL('main.ts', import.meta.url).pathname
const EXT4 = ['mkfs.ext4', '-q', '-F', '-m', '0'] as const

async function configure(folder: string, path: string): Promise<string> {
  const file = join(folder, 'config.json')
  const document = {
    apiVersion: 'node-doctor.io/v1alpha1',
    kind: 'NodeDoctorConfig',
    metadata: { name: 'test' },
    settings: { nodeName: 'n1', runDir: join(folder, 'run'), stateDir: join(folder, 'state') },
    monitors: [{ name: 'disks', type: 'disk-health-check', config: { paths: [{ path }] } }],
  }
  await writeFile(file, JSON.stringify(document))
  return file
}

/** The real process, as a container has it. */
async function startProcess(folder: string, config: string) {
  const child = await spawnChild(process.execPath, [MAIN, '--config', config], {
    dieWithParent: true,
    env: { PATH: process.env['PATH'] },
  })
  const client = connectUnix(join(folder, 'run', 'monitors', 'system', 'system.sock'))
  await client.connected(AbortSignal.timeout(20_000))
  const { conditions } = await client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 })
  return {
    condition: conditions.find(({ type }) => type === 'FilesystemReadOnly'),
    async kill() {
      client.close()
      child.kill('SIGKILL')
      await child.exited
    },
  }
}

describe.skipIf(reason !== '')(`a process that is killed ${reason}`, () => {
  test('tells when it is back what turned read-only while it was away, and only what this boot knows', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, EXT4)
    const config = await configure(folder.path, mount.path)
    const before = await startProcess(folder.path, config)
    expect(before.condition).toMatchObject({ status: 2, reason: 'Writable' })
    const memory = join(folder.path, 'run', 'monitors', 'system', 'disks.memory.json')
    await expect.poll(() => run('cat', memory).catch(() => '')).toContain(mount.path)
    await before.kill()

    await run('mount', '-o', 'remount,ro', mount.path)
    const after = await startProcess(folder.path, config)
    await after.kill()
    expect(after.condition).toMatchObject({
      status: 1,
      reason: 'ReadOnly',
      message: `disk:${mount.path}: mounted read-only, but it was writable before; see the kernel log for errors of the file system`,
    })

    // Without what was remembered nobody can know.
    await rm(memory)
    const unknowing = await startProcess(folder.path, config)
    await unknowing.kill()
    expect(unknowing.condition).toMatchObject({ status: 3, reason: 'FirstLook' })
  })
})
