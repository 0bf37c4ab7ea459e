import { spawn } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lockOpenFile, takeLock } from './lock.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function lockFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nd-lock-'))
  folders.push(folder)
  return join(folder, 'x.lock')
}

describe('a lock of the host', () => {
  it('is one’s, and the other is told whose', async () => {
    const path = await lockFile()
    const first = await takeLock(path, 'pod-a, pid 7')
    expect(first.kind).toBe('held')
    expect(await takeLock(path, 'pod-b')).toEqual({ kind: 'taken', by: 'pod-a, pid 7' })
    if (first.kind === 'held') await first.lock.release()
    const next = await takeLock(path, 'pod-b')
    expect(next.kind).toBe('held')
    if (next.kind === 'held') await next.lock.release()
  })

  it('is free again when its holder is killed', async () => {
    const path = await lockFile()
    const script = `import { takeLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
      console.log((await takeLock(${JSON.stringify(path)}, 'child')).kind); setInterval(() => undefined, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = await new Promise((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(String(data).trim())),
    )
    expect(said).toBe('held')
    expect((await takeLock(path, 'me')).kind).toBe('taken')
    child.kill('SIGKILL')
    await expect
      .poll(
        async () => {
          const result = await takeLock(path, 'me')
          if (result.kind === 'held') await result.lock.release()
          return result.kind
        },
        { timeout: 5000 },
      )
      .toBe('held')
  })

  it('is held by this process alone: there is no helper to be killed', async () => {
    const path = await lockFile()
    const children = async () => (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim()
    const before = await children()
    const result = await takeLock(path, 'me')
    expect(await children()).toBe(before)
    expect((await takeLock(path, 'other')).kind).toBe('taken')
    if (result.kind === 'held') await result.lock.release()
  })

  it('says why it cannot be had', async () => {
    const result = await takeLock('/nowhere/x.lock', 'me')
    expect(result).toMatchObject({ kind: 'failed', why: expect.stringContaining('/nowhere/x.lock') as unknown })
  })

  it('is held no more when its file was taken away, or another one stands there', async () => {
    const path = await lockFile()
    const first = await takeLock(path, 'first')
    if (first.kind !== 'held') throw new Error(first.kind)
    expect(await first.lock.isHeld()).toBe(true)
    await rm(path)
    expect(await first.lock.isHeld()).toBe(false)
    await first.lock.lost
    const second = await takeLock(path, 'second')
    expect([second.kind, await first.lock.isHeld()]).toEqual(['held', false])
    await first.lock.release()
    if (second.kind === 'held') await second.lock.release()
  })

  it('is of a file that is open already, too, and writes nothing there', async () => {
    const path = await lockFile()
    await writeFile(path, 'kept')
    const [one, two] = [await open(path, 'r+'), await open(path, 'r+')]
    expect([await lockOpenFile(one.fd), await lockOpenFile(two.fd)]).toEqual(['', 'another process has it'])
    await one.close()
    expect([await lockOpenFile(two.fd), await readFile(path, 'utf8')]).toEqual(['', 'kept'])
    await two.close()
  })

  it('says when it is lost', async () => {
    const result = await takeLock(await lockFile(), 'me')
    if (result.kind !== 'held') throw new Error(result.kind)
    const lost = result.lock.lost.then(() => 'lost')
    expect(await Promise.race([lost, new Promise((resolve) => setImmediate(resolve, 'held'))])).toBe('held')
    await result.lock.release()
    expect(await lost).toBe('lost')
  })
})
