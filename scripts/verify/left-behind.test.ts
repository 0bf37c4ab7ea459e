import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { storeInMemory } from '../../services/cli/up/store.ts'
import { countLeftBehind, storesOfTests } from './left-behind.ts'

describe('what tests leave in memory', () => {
  it('is known by its name, and is not what stood there before or what people use', async () => {
    const memory = await mkdtemp(join(tmpdir(), 'nd-memory-'))
    onTestFinished(() => rm(memory, { recursive: true }))
    expect(storesOfTests(join(memory, 'nowhere'))).toEqual([])
    await mkdir(storeInMemory('/run/node-doctor', memory))
    const ofTest = storeInMemory('/tmp/nd-cli-Ab12/run', memory)
    await mkdir(ofTest)
    const found = storesOfTests(memory)
    expect(found.map((name) => join(memory, name))).toEqual([ofTest])
    expect(countLeftBehind(found, found)).toEqual({ passed: 1, failed: 0, skipped: 0 })
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    onTestFinished(() => said.mockRestore())
    expect(countLeftBehind([], found)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(said).toHaveBeenCalledWith(`FAILED   tests left ${found[0]} in /dev/shm`)
  })
})
