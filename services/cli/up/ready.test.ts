import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReadyLook, type ReadyLook } from './ready.ts'

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

  /** Looks every 2 s, as the supervisor does. @returns what the last look says */
  function lookFrom(look: ReadyLook, fromMs: number, untilMs: number): boolean {
    for (let ms = fromMs; ms < untilMs; ms += 2000) look.isReady(ms)
    return look.isReady(untilMs)
  }

  it('says no of a process whose event loop stands still for 15 s, whatever the wall clock says', async () => {
    const look = createReadyLook(join(dir, 'a.sock'))
    await Promise.all([touch('alive'), touch('ready')])
    expect(lookFrom(look, 0, 14_999)).toBe(true)
    expect([look.isReady(15_000), look.silentMs]).toEqual([false, 15_000])
    await touch('alive', 10)
    expect([look.isReady(15_100), look.silentMs]).toEqual([true, 0])
  })

  it('counts no time in which nobody looked: who was held himself knows of no silence', async () => {
    const look = createReadyLook(join(dir, 'a.sock'))
    await Promise.all([touch('alive'), touch('ready')])
    expect(lookFrom(look, 0, 6000)).toBe(true)
    expect([look.isReady(3_600_000), look.silentMs]).toEqual([true, 10_000])
  })

  it('counts as silence that a process never touched its file, and not what the one before it did', async () => {
    const look = createReadyLook(join(dir, 'a.sock'))
    await touch('alive')
    lookFrom(look, 0, 80_000)
    expect(look.silentMs).toBe(80_000)
    await look.forget()
    look.isReady(80_000)
    expect([look.silentMs, look.hasTurned]).toEqual([0, false])
    lookFrom(look, 80_000, 160_000)
    expect([look.silentMs, look.hasTurned]).toEqual([80_000, false])
    look.answered()
    expect([look.silentMs, look.isReady(160_000)]).toEqual([0, false])
  })

  it('does not take for ready what a killed process left', async () => {
    await Promise.all([touch('alive'), touch('ready')])
    const look = createReadyLook(join(dir, 'a.sock'))
    await look.forget()
    expect(look.isReady(0)).toBe(false)
    await look.forget()
  })
})
