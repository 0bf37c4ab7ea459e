import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findingOf, startCheck } from '#monitor-kit/testing'
import { mountHung, mountLoop, run, tempFolder, whyNoMounts } from '../../../../../libs/host/testing.ts'
import { disk } from './check.ts'
import { schema } from './config.ts'

const reason = whyNoMounts()
const EXT4 = ['mkfs.ext4', '-q', '-F', '-m', '0'] as const

function watch(...paths: string[]) {
  return startCheck(disk, { root: '', config: schema.parse({ paths: paths.map((path) => ({ path })) }) })
}

describe.skipIf(reason !== '')(`with real file systems ${reason}`, () => {
  test('one that is filled is a problem, and is well again when freed', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 32, EXT4)
    const check = watch(mount.path)
    const entity = `disk:${mount.path}`
    expect(findingOf(await check.run(), 'DiskFull', entity)).toMatchObject({ health: 'healthy', reason: 'BelowLimit' })

    await run('sh', '-c', 'dd if=/dev/zero of="$0/big" bs=64k 2>/dev/null || true', mount.path)
    const full = findingOf(await check.run(), 'DiskFull', entity)
    expect(full).toMatchObject({ health: 'problem', severity: 'critical', reason: 'AboveCriticalLimit' })
    expect(full.evidence?.value).toBeGreaterThan(98)

    await rm(join(mount.path, 'big'))
    expect(findingOf(await check.run(), 'DiskFull', entity).health).toBe('healthy')
  })

  test('one without inodes is a problem although it has space', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, [...EXT4, '-N', '64'])
    const check = watch(mount.path)
    const entity = `disk:${mount.path}`
    expect(findingOf(await check.run(), 'InodesLow', entity).health).toBe('healthy')
    for (let i = 0; i < 60; i++) await writeFile(join(mount.path, `${i}`), '').catch(() => {})
    const result = await check.run()
    expect(findingOf(result, 'InodesLow', entity)).toMatchObject({ health: 'problem', severity: 'critical' })
    expect(findingOf(result, 'DiskFull', entity).health).toBe('healthy')
  })

  test('one that an error stopped is seen, although its mount still says rw', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, EXT4)
    const check = watch(mount.path)
    const entity = `disk:${mount.path}`
    expect(findingOf(await check.run(), 'FilesystemReadOnly', entity)).toMatchObject({ reason: 'Writable' })
    await run('mount', '-o', 'remount,abort', mount.path)
    await expect(writeFile(join(mount.path, 'x'), 'x')).rejects.toMatchObject({ code: 'EROFS' })
    expect(findingOf(await check.run(), 'FilesystemReadOnly', entity)).toMatchObject({
      health: 'problem',
      severity: 'critical',
      summary: `${mount.path} is read-only`,
    })
  })

  test('one that was remounted read-only is a problem until it is writable again', async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, EXT4)
    const check = watch(mount.path)
    const entity = `disk:${mount.path}`
    await check.run()
    await run('mount', '-o', 'remount,ro', mount.path)
    expect(findingOf(await check.run(), 'FilesystemReadOnly', entity)).toMatchObject({
      health: 'problem',
      reason: 'ReadOnly',
    })
    await run('mount', '-o', 'remount,rw', mount.path)
    expect(findingOf(await check.run(), 'FilesystemReadOnly', entity).health).toBe('healthy')
  })

  test('without paths, what is mounted is found by itself, once, also with a space in its path; unmounted it is withdrawn', async () => {
    await using folder = await tempFolder()
    const inner = join(folder.path, 'with space')
    await mkdir(inner)
    const check = watch()
    const bind = join(folder.path, 'bind')
    await mkdir(bind)
    {
      await using mount = await mountLoop(inner, 16, EXT4)
      await using cleanup = new AsyncDisposableStack()
      await run('mount', '--bind', join(mount.path, 'lost+found'), bind)
      cleanup.defer(() => run('umount', bind).then(() => {}))
      const result = await check.run()
      expect(findingOf(result, 'DiskFull', `disk:${mount.path}`).health).toBe('healthy')
      expect(result.findings.filter(({ entity }) => entity === `disk:${bind}`)).toEqual([])
    }
    const after = await check.run()
    expect(after.withdrawn).toContainEqual({ type: 'DiskFull', entity: `disk:${join(inner, 'mount')}` })
  })

  test('one that hangs is unknown, and does not keep the others from being seen', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'hung')
    await using _ = await mountHung(path)
    const check = watch(path, '/')
    const first = await check.run()
    expect(findingOf(first, 'DiskFull', `disk:${path}`)).toMatchObject({ health: 'unknown', reason: 'ReadTimedOut' })
    expect(first.findings.find((f) => f.type === 'DiskFull' && f.entity === 'disk:/')?.health).not.toBe('unknown')
  })
})
