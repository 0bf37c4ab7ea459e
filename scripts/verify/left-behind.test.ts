import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { storeInMemory } from '../../services/cli/up/store.ts'
import { countLeftBehind, inRunFolder, storesOf } from './left-behind.ts'

describe('the folder for temporary files of a run', () => {
  it('is another for each run, as open as the system’s, and gone afterwards', async () => {
    const seen = await inRunFolder(async (folder) => {
      expect(dirname(folder)).toBe(tmpdir())
      expect((await stat(folder)).mode & 0o7777).toBe(0o1777)
      await mkdir(join(folder, 'left'))
      expect(await inRunFolder((other) => Promise.resolve(other))).not.toBe(folder)
      return folder
    })
    expect(existsSync(seen)).toBe(false)
  })
})

describe('what tests leave in memory', () => {
  it('is known by the folder of their run, and is not what another run or people have there', async () => {
    const memory = await mkdtemp(join(tmpdir(), 'nd-memory-'))
    onTestFinished(() => rm(memory, { recursive: true }))
    const folder = '/tmp/nd-Ab12'
    expect(storesOf(folder, join(memory, 'nowhere'))).toEqual([])
    for (const runDir of ['/run/node-doctor', '/tmp/nd-Ab1/nd-up-c/run', '/tmp/nd-Ab123/nd-up-c/run', '/tmp/nd-Ab12'])
      await mkdir(storeInMemory(runDir, memory))
    expect(countLeftBehind(storesOf(folder, memory))).toEqual({ passed: 1, failed: 0, skipped: 0 })
    const ofTest = storeInMemory(`${folder}/nd-up-c/run`, memory)
    await mkdir(ofTest)
    const found = storesOf(folder, memory)
    expect(found.map((name) => join(memory, name))).toEqual([ofTest])
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    onTestFinished(() => said.mockRestore())
    expect(countLeftBehind(found)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(said).toHaveBeenCalledWith(`FAILED   tests left ${found[0]} in /dev/shm`)
  })
})
