import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'vitest'
import { mountLoop, whyNoMounts } from '../../libs/host/testing.ts'
import { until } from './constellation.ts'
import { startLogScene } from './log-scene.ts'
import { type Finished, writeLogs } from './log-storm.ts'

const finished: Finished = []
afterEach(async () => {
  for (const work of finished.splice(0).reverse()) await work()
}, 60_000)

/** What is kept of the place in the file. */
async function placeIn(stateDir: string): Promise<string> {
  const folder = join(stateDir, 'monitors/log')
  const checks = (await readdir(folder)).filter((name) => name.includes('app'))
  const paths = await Promise.all(
    checks.map(async (name) => (await readdir(join(folder, name))).map((file) => join(folder, name, file))),
  )
  const texts = await Promise.all(paths.flat().map((path) => readFile(path, 'utf8')))
  return texts.join('\n')
}

describe('of 1,000 lines a second each that a rule is for is told once', () => {
  it('while the log monitor is stopped, and the log is renamed, and copied and emptied', async () => {
    const scene = await startLogScene()
    finished.push(scene.close)
    const writer = writeLogs(finished, scene)
    for (const how of ['rename', 'copytruncate', 'rename', 'copytruncate'] as const) {
      await writer.untilRead()
      await writer.log.rotate(how)
      await writer.untilRead()
      scene.c.kill('log', 'SIGSTOP')
      await writer.untilWritten(10)
      await writer.log.rotate('rename')
      await writer.untilWritten(10)
      scene.c.kill('log', 'SIGCONT')
    }
    await writer.untilRead()
    await writer.end()
  }, 240_000)

  it.skipIf(whyNoMounts() !== '')(
    'while the disk of its state is full, also over a kill',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'nd-log-disk-'))
      finished.push(() => rm(folder, { recursive: true }))
      const disk = await mountLoop(folder, 64, ['mkfs.ext4', '-q', '-F', '-m', '0'])
      finished.push(() => disk[Symbol.asyncDispose]())
      const scene = await startLogScene({ config: { settings: { stateDir: disk.path } } })
      finished.push(scene.close)
      const writer = writeLogs(finished, scene)
      await writer.untilRead()
      await until('a place is kept', () => placeIn(disk.path))
      execFileSync('sh', ['-c', `cat /dev/zero > ${disk.path}/full 2>/dev/null || true`])
      await writer.untilRead()
      scene.c.kill('log')
      await writer.untilRead()
      await rm(join(disk.path, 'full'))
      await writer.untilRead()
      const before = await placeIn(disk.path)
      await until('the place moves on', async () => (await placeIn(disk.path)) !== before)
      await writer.end()
    },
    240_000,
  )
})
