import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { spawnChild } from '../programs/child.ts'
import { mountHung, tempFolder, whyNoMounts } from '../testing.ts'

const reason = whyNoMounts()

describe.skipIf(reason !== '')(`with mounts that hang ${reason}`, () => {
  test('statfs ends at its deadline, is not asked again, and the process goes on', async () => {
    await using folder = await tempFolder()
    const host = createHost({ root: '' })
    const paths = ['a', 'b', 'c', 'd', 'e'].map((name) => join(folder.path, name))
    await using mounts = new AsyncDisposableStack()
    for (const path of paths) mounts.use(await mountHung(path))

    const started = performance.now()
    const asked = await Promise.allSettled(paths.map((path) => host.files.statfs(path, { timeoutMs: 200 })))
    for (const result of asked) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'TIMEOUT' } })
    expect(performance.now() - started).toBeLessThan(10_000)

    const again = performance.now()
    await expect(host.files.statfs(paths[0]!, { timeoutMs: 30_000 })).rejects.toThrow('still no answer')
    expect(performance.now() - again).toBeLessThan(10_000)
    expect(await host.files.readText('/proc/loadavg')).toMatch(/^\d/)
    expect((await host.files.statfs('/', { local: true })).sizeBytes).toBeGreaterThan(0)
  })

  test('a mount that a test hangs goes with the process of the test, however that ends', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'm')
    const testing = join(import.meta.dirname, '..', 'testing.ts')
    const script = `const { mountHung } = await import('${testing}'); await mountHung('${path}'); console.log('up')`
    const said: string[] = []
    const child = await spawnChild(systemClock(), process.execPath, ['-e', script], {
      onLine: (line) => void said.push(line),
    })
    await expect.poll(() => said).toEqual(['up'])
    const isMounted = async (): Promise<boolean> => (await readFile('/proc/mounts', 'utf8')).includes(` ${path} `)
    expect(await isMounted()).toBe(true)
    process.kill(child.pid, 'SIGKILL')
    await expect.poll(isMounted, { timeout: 10_000 }).toBe(false)
  })

  test('reads on hung mounts cost at most two threads: /proc and /sys are still read', async () => {
    await using folder = await tempFolder()
    const host = createHost({ root: '' })
    await using mounts = new AsyncDisposableStack()
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const path = join(folder.path, name)
      mounts.use(await mountHung(path))
      await expect(host.files.readText(join(path, 'file'), { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'TIMEOUT',
      })
    }
    expect(await host.files.readText('/proc/loadavg')).toMatch(/^\d/)
  })
})
