import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReadyLook } from './ready.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-ready-'))
})
afterEach(() => rm(dir, { recursive: true }))

function touch(name: string, seconds = 1000): Promise<void> {
  const path = join(dir, name)
  return writeFile(path, '').then(() => utimes(path, seconds, seconds))
}

describe('a look at whether a service is ready', () => {
  it('says no where nothing is, and where only the process lives', async () => {
    const look = createReadyLook(join(dir, 'a.sock'))
    expect(look.isReady(0)).toBe(false)
    await touch('alive')
    expect(look.isReady(0)).toBe(false)
    await touch('ready')
    expect(look.isReady(0)).toBe(true)
  })

  it('says no of a process whose event loop stands still for 15 s, whatever the wall clock says', async () => {
    const look = createReadyLook(join(dir, 'a.sock'))
    await Promise.all([touch('alive'), touch('ready')])
    expect(look.isReady(0)).toBe(true)
    expect(look.isReady(14_999)).toBe(true)
    expect(look.isReady(15_000)).toBe(false)
    await touch('alive', 10)
    expect(look.isReady(15_100)).toBe(true)
  })

  it('does not take for ready what a killed process left', async () => {
    await Promise.all([touch('alive'), touch('ready')])
    const look = createReadyLook(join(dir, 'a.sock'))
    await look.forget()
    expect(look.isReady(0)).toBe(false)
    await look.forget()
  })
})
