import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../../../libs/host/testing.ts'
import { readStuck } from './driver/processes.ts'
import { createSmi, DEADLINE_MS } from './smi/smi.ts'

const MAKE = join(import.meta.dirname, '../../../test/fakes/nvidia-smi/make.sh')

test.skipIf(whyNoMounts() !== '')(
  'an nvidia-smi that sleeps in the kernel is late, is seen to be stuck there, and no other is started beside it',
  async () => {
    await using cleanup = new AsyncDisposableStack()
    const folder = cleanup.use(await tempFolder())
    await run('sh', MAKE, folder.path, 'h200', 'hang')
    const mount = cleanup.use(await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F']))
    await writeFile(join(folder.path, 'hang-at'), join(mount.path, 'file'))
    await run('fsfreeze', '-f', mount.path)
    const thaw = () => run('fsfreeze', '-u', mount.path).catch(() => '')
    cleanup.defer(() => thaw().then(() => undefined))

    const clock = handClock()
    const smi = createSmi({ host: createHost({ root: '', clock }), clock, signal: new AbortController().signal })
    smi.use(join(folder.path, 'nvidia-smi'))
    const stuck = async () => {
      const reading = await readStuck(createHost({ root: '' }), true)
      return reading.ok ? reading.value : []
    }
    const before = new Set((await stuck()).map(({ pid }) => pid))
    const isOurs = async () => (await stuck()).some(({ pid, name }) => name === 'nvidia-smi' && !before.has(pid))
    const asked = smi.ask(['-L'])
    await expect.poll(isOurs).toBe(true)
    clock.pass(DEADLINE_MS)
    await expect
      .poll(() => {
        clock.pass(1000)
        return smi.late?.pid
      })
      .toBeGreaterThan(0)
    const pid = smi.late!.pid
    expect(await asked).toEqual({ kind: 'late', isThere: true, pid })
    expect(await processState(pid)).toBe('D')
    expect((await stuck()).map((one) => one.pid)).toContain(pid)

    expect(await smi.ask(['-L'])).toMatchObject({ kind: 'held', pid })
    expect((await readFile(join(folder.path, 'asked'), 'utf8')).trim().split('\n')).toEqual(['-L'])

    await writeFile(join(folder.path, 'state'), 'idle')
    await thaw()
    await expect.poll(() => smi.late).toBeUndefined()
    expect(await smi.ask(['-L'])).toMatchObject({ kind: 'ended', exitCode: 0 })
  },
)
