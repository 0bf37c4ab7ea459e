import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeOwnFolder, removeLeft } from './own-folder.ts'

const NOW = new Date()
const OLD = new Date(NOW.getTime() - 3_600_000)

function parentFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'nd-own-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return parent
}

function left(parent: string, name: string, at: Date): string {
  const path = join(parent, name)
  mkdirSync(join(path, 'detector'), { recursive: true })
  utimesSync(path, at, at)
  return path
}

it('is below the folder of temporary files, and gone when it is removed', () => {
  const parent = parentFolder()
  const folder = makeOwnFolder(parent)
  expect(existsSync(folder.path)).toBe(true)
  folder.remove()
  folder.remove()
  expect(existsSync(folder.path)).toBe(false)
})

it('takes away what the killed have left, and nothing of who lives, who is young, or who is somebody else', async () => {
  const parent = parentFolder()
  const [dead, young, alive, others] = [
    left(parent, 'node-doctor-npd-dead', OLD),
    left(parent, 'node-doctor-npd-young', NOW),
    left(parent, 'node-doctor-npd-alive', OLD),
    left(parent, 'of-others', OLD),
  ]
  const server = createServer().listen(join(alive, 'detector', 'detector.sock'))
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  await removeLeft(parent, NOW, join(parent, 'own'))
  expect([dead, young, alive, others].map((path) => existsSync(path))).toEqual([false, true, true, true])
})

it('is held for as long as its process lives, whatever is with its detector', async () => {
  const parent = parentFolder()
  const folder = makeOwnFolder(parent)
  onTestFinished(() => folder.remove())
  utimesSync(folder.path, OLD, OLD)
  await removeLeft(parent, NOW, join(parent, 'own'))
  expect(existsSync(folder.path)).toBe(true)
})

it('of a process that was killed is taken away, with what it was held by', async () => {
  const parent = parentFolder()
  const module = join(import.meta.dirname, 'own-folder.ts')
  const script = `import { makeOwnFolder } from ${JSON.stringify(module)}; makeOwnFolder(${JSON.stringify(parent)}); process.kill(process.pid, 'SIGKILL')`
  await once(spawn(process.execPath, ['--input-type=module', '-e', script]), 'exit')
  const [name = ''] = readdirSync(parent)
  const path = join(parent, name)
  expect(readdirSync(path)).toEqual(['held.sock'])
  utimesSync(path, OLD, OLD)
  await removeLeft(parent, NOW, join(parent, 'own'))
  expect(existsSync(path)).toBe(false)
})
