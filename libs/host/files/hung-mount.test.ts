import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { createHost } from '../host.ts'
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
    expect(performance.now() - started).toBeLessThan(2_000)

    const again = performance.now()
    await expect(host.files.statfs(paths[0]!, { timeoutMs: 1_000 })).rejects.toThrow('still no answer')
    expect(performance.now() - again).toBeLessThan(100)
    expect(await host.files.readText('/proc/loadavg')).toMatch(/^\d/)
    expect((await host.files.statfs('/', { local: true })).sizeBytes).toBeGreaterThan(0)
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
