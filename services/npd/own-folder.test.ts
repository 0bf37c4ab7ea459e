import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
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
