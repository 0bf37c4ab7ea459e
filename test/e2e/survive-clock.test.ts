import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checks, sinces, sleep, survivors } from './survivors.ts'

const HAS_FAKETIME = spawnSync('faketime', ['--version']).status === 0

const scene = survivors()

describe('a machine in trouble', () => {
  it.skipIf(!HAS_FAKETIME)(
    'whose clock is stepped by an hour resolves nothing, opens nothing and moves no since-when',
    async () => {
      const dir = await mkdtemp(join(tmpdir(), 'nd-clock-'))
      const stamp = join(dir, 'faketime')
      await writeFile(stamp, '+0\n')
      const c = await scene.start({
        config: checks(),
        env: {
          LD_PRELOAD: faketimeLibrary(),
          FAKETIME_TIMESTAMP_FILE: stamp,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      })
      const before = sinces(await c.status())
      for (const offset of ['+1h', '-1h', '+0']) {
        await writeFile(stamp, `${offset}\n`)
        await sleep(3000)
        const view = await c.status()
        expect([offset, view.detector.state]).toEqual([offset, 'live'])
        expect([offset, view.problems.map(({ type }) => type)]).toEqual([offset, []])
        expect([offset, sinces(view)]).toEqual([offset, before])
      }
      await rm(dir, { recursive: true })
    },
    90_000,
  )
})

function faketimeLibrary(): string {
  return execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1 | head -1'], { encoding: 'utf8' }).trim()
}
