import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import { type TempFolder, tempFolder } from '../host/testing.ts'
import { createReadyFile } from './liveness.ts'
import { keepLog } from './testing.ts'

let folder: TempFolder
let there: string
let path: string
beforeEach(async () => {
  folder = await tempFolder()
  there = join(folder.path, 'part')
  path = join(there, 'ready')
})
afterEach(() => folder[Symbol.asyncDispose]())

const WARNING = 'ready file cannot be written'

describe('the ready file', () => {
  it('is made once its folder is back, though nothing changed meanwhile, and that is said once', async () => {
    const clock = fakeClock()
    const { log, messages } = keepLog()
    const file = createReadyFile(path, clock, log)
    file.set(true)
    await expect.poll(messages).toEqual([WARNING])
    await expect.poll(() => clock.sleeping).toBe(1)
    await clock.advance(5000)
    await expect.poll(() => clock.sleeping).toBe(1)
    await mkdir(there)
    await clock.advance(5000)
    await expect.poll(() => readdir(there)).toEqual(['ready'])
    await expect.poll(() => clock.sleeping).toBe(0)
    expect(messages()).toEqual([WARNING])
    await file.end()
    expect(await readdir(there)).toEqual([])
  })

  it('of a service that is not ready goes once it can be taken away', async () => {
    const clock = fakeClock()
    const { log, messages } = keepLog()
    // What is no file cannot be taken away as one.
    await mkdir(path, { recursive: true })
    const file = createReadyFile(path, clock, log)
    await expect.poll(messages).toEqual([WARNING])
    await expect.poll(() => clock.sleeping).toBe(1)
    await rm(path, { recursive: true })
    await writeFile(path, '')
    await clock.advance(5000)
    await expect.poll(() => readdir(there)).toEqual([])
    await file.end()
  })

  it('is not tried for any more once it has ended', async () => {
    const clock = fakeClock()
    await mkdir(path, { recursive: true })
    const file = createReadyFile(path, clock, keepLog().log)
    await expect.poll(() => clock.sleeping).toBe(1)
    await file.end()
    expect(clock.sleeping).toBe(0)
  })
})
