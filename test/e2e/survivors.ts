/** A constellation that must survive something: started, seen at work, and taken down after the test. */
import { afterEach } from 'vitest'
import type { NodeView } from '#view'
import { memoryCheck, withChecks } from './checks.ts'
import { type Constellation, type ConstellationOptions, startConstellation, until } from './constellation.ts'
import { createDisk, type Disk } from './disk.ts'
import { untilWhole } from './whole.ts'

export interface Survivors {
  /** Started, with everything in place that it will say of itself. */
  start(options: ConstellationOptions): Promise<Constellation>
  /** Takes down what a test started by itself. */
  keep(c: Constellation): void
  disk(): Promise<Disk>
}

/** Call once at the top of a test file. */
export function survivors(): Survivors {
  const running: Constellation[] = []
  const disks: Disk[] = []
  afterEach(async () => {
    for (const c of running.splice(0)) await c.stop()
    for (const disk of disks.splice(0)) await disk.remove()
  }, 90_000)
  return {
    async start(options) {
      const c = await startConstellation(options)
      running.push(c)
      await c.ready()
      const { monitors } = options.config as { readonly monitors: readonly { name: string }[] }
      await untilWhole(
        c,
        monitors.map(({ name }) => name),
      )
      return c
    },
    keep: (c) => void running.push(c),
    async disk() {
      const disk = await createDisk()
      disks.push(disk)
      return disk
    },
  }
}

/** The memory check, and more. */
export function checks(...more: object[]): Record<string, unknown> {
  return withChecks(memoryCheck(), ...more)
}

/** Each condition with its since-when. */
export function sinces(view: NodeView): string[] {
  return view.conditions.map(({ type, entity, health, since }) => `${type} ${entity} ${health} ${since}`).sort()
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export async function isFresh(c: Constellation, withinMs: number): Promise<boolean> {
  const system = (await c.status()).monitors.find(({ name }) => name === 'system')
  return system?.health === 'alive' && system.checks.every(({ last }) => Date.now() - Date.parse(last) < withinMs)
}

/** Waits until every condition is again as it was, since-when and all; says what is not. */
export async function asBefore(c: Constellation, before: readonly string[], ms = 30_000): Promise<void> {
  await until(
    'all is as it was',
    async () => {
      const now = sinces(await c.status())
      const gone = before.filter((one) => !now.includes(one))
      const more = now.filter((one) => !before.includes(one))
      if (gone.length + more.length > 0) throw new Error(`not any more: ${gone.join()}; now: ${more.join()}`)
      return true
    },
    ms,
  )
}
