import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { handClock } from '#monitor-kit/testing'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { createLeftBehind } from './left-behind.ts'
import { createSmi } from './smi.ts'

async function place({ sees = true } = {}) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const child = spawn('sleep', ['100'])
  onTestFinished(() => void child.kill('SIGKILL'))
  const host = createHost({ root: '' })
  const clock = handClock()
  const open = () =>
    createLeftBehind({ host, clock, folder: async () => folder.path, seesProcesses: () => Promise.resolve(sees) })
  return { folder: folder.path, file: join(folder.path, 'late.json'), child, pid: child.pid ?? 0, host, clock, open }
}

test('one that did not end holds up the next process, until it has ended', async () => {
  const { child, pid, host, clock, open } = await place()
  await open().keep(pid)
  const smi = createSmi({ host, clock, signal: new AbortController().signal, leftBehind: open() })
  smi.use('/bin/echo')
  expect(await smi.ask(['x'])).toEqual({ kind: 'held', pid, sinceMs: clock.monotonicMs() })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await smi.ask(['x'])).toMatchObject({ kind: 'ended', text: 'x\n' })
})

test.each([
  ['began at another time', { started: 1 }],
  ['is of another boot', { boot: 'another' }],
  ['is none at all', { pid: 'x' }],
])('a process that %s is another', async (_, change) => {
  const { file, pid, open } = await place()
  await open().keep(pid)
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }))
  expect(await open().find()).toBeUndefined()
})

test('where a pid means another to the host nothing is kept, and whatever stands in the file holds up nobody', async () => {
  const { file, pid, open } = await place({ sees: false })
  await open().keep(pid)
  expect(await readFile(file, 'utf8').catch(() => undefined)).toBeUndefined()
  await writeFile(file, 'null, and more')
  expect(await open().find()).toBeUndefined()
})

test('a disk that does not answer holds up one question for a second, and once it does it says who was left behind', async () => {
  const { folder, pid, host, clock, open } = await place()
  await open().keep(pid)
  const answers = Promise.withResolvers<string>()
  const seesProcesses = () => Promise.resolve(true)
  const leftBehind = createLeftBehind({ host, clock, folder: () => answers.promise, seesProcesses })
  const first = leftBehind.find()
  clock.pass(1000)
  expect(await first).toBeUndefined()
  const second = leftBehind.find()
  clock.pass(0)
  expect(await second).toBeUndefined()
  answers.resolve(folder)
  await expect.poll(() => leftBehind.find()).toMatchObject({ pid })
})
