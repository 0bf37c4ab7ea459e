import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventView } from '#view'
import { diskCheck, memoryCheck, withChecks } from '../e2e/checks.ts'
import { type Constellation, startConstellation, until } from '../e2e/constellation.ts'
import { canMount, createDisk, type Disk } from '../e2e/disk.ts'

const MINUTES = Number(process.env['NODE_DOCTOR_SOAK_MINUTES'] ?? 10)
const LOAD = new URL('../e2e/hostile-monitor.ts', import.meta.url).pathname
const SERVICES = ['detector', 'system', 'http-exporter'] as const

function privateMiB(pid: number): number {
  return Number(/^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024
}

describe.skipIf(!canMount)(`${MINUTES} minutes of faults under load`, () => {
  let c: Constellation
  let disk: Disk
  let load: ChildProcess

  beforeAll(async () => {
    disk = await createDisk()
    c = await startConstellation({
      config: withChecks(diskCheck(disk.mount), memoryCheck()),
    })
    await c.ready()
    load = spawn(process.execPath, [LOAD, join(c.runDir, 'monitors', 'load.sock'), 'load'], { stdio: 'inherit' })
  }, 60_000)
  afterAll(async () => {
    load?.kill('SIGKILL')
    await c?.stop()
    await disk?.remove()
  }, 60_000)

  it('kills a process every few seconds: each comes back, no since-when moves, no event is told twice', async () => {
    await disk.fill(0.95)
    const problem = await until('the problem is open', () => c.problem('DiskFull', `disk:${disk.mount}`))
    const memory = await until('memory is known', () => c.condition('MemoryLow'))
    const end = performance.now() + MINUTES * 30_000
    for (let round = 0; performance.now() < end; round++) {
      const service = SERVICES[round % (SERVICES.length + 1)]
      if (service === undefined) process.kill(c.natsPid() ?? 0, 'SIGKILL')
      else c.kill(service)
      await until(
        'everything is live again',
        async () => {
          const view = await c.status()
          const system = view.monitors.find(({ name }) => name === 'system')
          return (
            view.detector.state === 'live' &&
            system?.health === 'alive' &&
            system.checks.every(({ last }) => Date.now() - Date.parse(last) < 3000)
          )
        },
        40_000,
      )
      const now = await c.status()
      expect(now.problems.find(({ type }) => type === 'DiskFull')).toMatchObject({
        generation: problem.generation,
        opened: problem.opened,
      })
      expect(now.conditions.find(({ type }) => type === 'MemoryLow')?.since).toBe(memory.since)
      const ids = (await c.json<{ events: EventView[] }>('/events')).events.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
    }
    await disk.free()
    await until('it resolves', async () => (await c.status()).resolved.some(({ type }) => type === 'DiskFull'), 30_000)
  })

  it('keeps its memory flat under a steady load', async () => {
    // A process that has just been started is still warming up.
    await new Promise((resolve) => setTimeout(resolve, 60_000))
    const first = new Map(SERVICES.map((name) => [name, privateMiB(c.pid(name))]))
    await new Promise((resolve) => setTimeout(resolve, MINUTES * 30_000))
    for (const name of SERVICES) {
      expect(privateMiB(c.pid(name)), `${name} grew`).toBeLessThan((first.get(name) ?? 0) + 6)
    }
  })
})
