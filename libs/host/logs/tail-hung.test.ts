import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
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
await Promise.all(process.argv.slice(1).map(async (path) => {
  for await (const event of logs.tail(path, { from: 'start', signal: stop.signal })) {
    if (event.kind === 'lines') for (const { bytes } of event.lines) console.log(String(bytes))
    else console.log(event.kind, event.error?.code ?? '')
  }
}))
console.log('ended')
process.exit()
`

async function tailIn(...paths: string[]) {
  const said: string[] = []
  const child = await spawnChild(systemClock(), process.execPath, ['--input-type=module', '-e', TAIL, ...paths], {
    cwd: import.meta.dirname,
    onLine: (line) => void said.push(line.trim()),
  })
  onTestFinished(() => void child.stop(0))
  return { said, child, says: (line: string) => expect.poll(() => said, { timeout: 10_000 }).toContain(line) }
}

/** How many threads of a process wait for a file system that does not answer. */
async function waitingForMounts(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`)
  const where = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stack`, 'utf8')))
  return where.filter((stack) => /fuse|lookup/.test(stack)).length
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

  test('many tails on mounts that hang, also by other paths of them, keep nobody from a file elsewhere', async () => {
    await using folder = await tempFolder()
    await using mounts = new AsyncDisposableStack()
    const above = ['a', 'b', 'c'].map((name) => join(folder.path, name))
    for (const path of above) mounts.use(await mountHung(path))
    const elsewhere = join(folder.path, 'elsewhere.log')
    await writeFile(elsewhere, 'one\n')
    const hung = above.flatMap((path) => ['x.log', 'y/x.log', 'y/z/x.log'].map((name) => join(path, name)))
    const tail = await tailIn(...hung, elsewhere)
    await tail.says('one')
    await tail.says('unreadable TIMEOUT')
    await appendFile(elsewhere, 'two\n')
    await tail.says('two')
    expect(await waitingForMounts(tail.child.pid)).toBeLessThanOrEqual(2)
    process.kill(tail.child.pid, 'SIGTERM')
    await tail.says('ended')
  })

  test('a folder that hangs is not listened at from above, which would hang as well', async () => {
    await using folder = await tempFolder()
    await using _ = await mountHung(join(folder.path, 'm'))
    const tail = await tailIn(join(folder.path, 'm', 'x', 'y', 'a.log'))
    await tail.says('unreadable TIMEOUT')
    expect(await waitingForMounts(tail.child.pid)).toBe(1)
    process.kill(tail.child.pid, 'SIGTERM')
    await tail.says('ended')
  })
})
