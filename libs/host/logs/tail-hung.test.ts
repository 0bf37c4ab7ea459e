import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { spawnChild } from '../programs/child.ts'
import { mountHung, mountStalling, tempFolder, whyNoMounts } from '../testing.ts'

const reason = whyNoMounts()

/** Tails in a process of its own, whose clock runs fifty times faster: where it fails it stops for ever. */
const TAIL = `
import { systemClock } from '#clock'
import { createHost } from '${join(import.meta.dirname, '..', 'host.ts')}'
const clock = { ...systemClock(), after: (ms, run) => systemClock().after(ms / 50, run) }
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const { logs } = createHost({ root: '', clock })
for await (const event of logs.tail(process.argv[1], { from: 'start', signal: stop.signal })) {
  if (event.kind === 'lines') for (const { bytes } of event.lines) console.log(String(bytes))
  else console.log(event.kind, event.error?.code ?? '')
}
console.log('ended')
process.exit()
`

async function tailIn(path: string) {
  const said: string[] = []
  const child = await spawnChild(systemClock(), process.execPath, ['--input-type=module', '-e', TAIL, path], {
    cwd: import.meta.dirname,
    onLine: (line) => void said.push(line.trim()),
  })
  onTestFinished(() => void child.stop(0))
  return { said, child, says: (line: string) => expect.poll(() => said, { timeout: 10_000 }).toContain(line) }
}

describe.skipIf(reason !== '')(`on a mount that hangs ${reason}`, () => {
  test('a file above which a mount hangs once it was read stops nobody: it is told, and the tail can be ended', async () => {
    await using folder = await tempFolder()
    const above = join(folder.path, 'm')
    const path = join(above, 'sub', 'a.log')
    await mkdir(join(above, 'sub'), { recursive: true })
    await writeFile(path, 'one\n')
    const tail = await tailIn(path)
    await tail.says('caught-up')
    await using _ = await mountHung(above)
    await tail.says('unreadable TIMEOUT')
    process.kill(tail.child.pid, 'SIGTERM')
    await tail.says('ended')
  })

  test.for(['read', 'stat'] as const)(
    'a file that hangs in the middle, at a %s, is told, and the tail can be ended',
    async (hangs) => {
      await using folder = await tempFolder()
      await using _ = await mountStalling(join(folder.path, 'm'), hangs)
      const tail = await tailIn(join(folder.path, 'm', 'a.log'))
      await tail.says('unreadable TIMEOUT')
      process.kill(tail.child.pid, 'SIGTERM')
      await tail.says('ended')
    },
  )
})
