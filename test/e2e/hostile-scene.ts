/** A set that plug-ins are put beside which behave badly: what they do is shown by hostile-monitor.ts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { ConditionView, MonitorView } from '#view'
import { memoryCheck, withChecks } from './checks.ts'
import { type Constellation, startConstellation, until } from './constellation.ts'

const SCRIPT = new URL('./hostile-monitor.ts', import.meta.url).pathname

export interface HostileScene {
  /** One for all tests of the file. */
  readonly c: Constellation
  /** Starts a plug-in that behaves like this, until the end of the test; returns its name. */
  begin(behaviour: string): string
  monitor(name: string): Promise<MonitorView | undefined>
  ownConditions(name: string): Promise<ConditionView[]>
  /** Whatever one does, ours goes on: its memory check, each second, runs again and is told. */
  othersGoOn(): Promise<void>
}

/** Call once at the top of a test file. */
export function hostileScene(): HostileScene {
  let started: Constellation | undefined
  const children: ChildProcess[] = []

  beforeAll(async () => {
    started = await startConstellation({ config: withChecks(memoryCheck()) })
    await started.ready()
  }, 60_000)
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(async () => started?.stop(), 60_000)

  function constellation(): Constellation {
    if (started === undefined) throw new Error('the set is started before the tests, by hostileScene() at the top')
    return started
  }
  async function monitor(name: string): Promise<MonitorView | undefined> {
    return (await constellation().status()).monitors.find((view) => view.name === name)
  }

  return {
    get c() {
      return constellation()
    },
    begin(behaviour) {
      const name = `bad-${behaviour}`
      const socket = join(constellation().runDir, 'monitors', `${name}.sock`)
      children.push(spawn(process.execPath, [SCRIPT, socket, behaviour], { stdio: 'inherit' }))
      return name
    },
    monitor,
    async ownConditions(name) {
      return (await constellation().status()).conditions.filter(({ sources }) => sources.includes(name))
    },
    async othersGoOn() {
      expect((await monitor('system'))?.health).toBe('alive')
      const lastRun = async () => Date.parse((await monitor('system'))?.checks[0]?.last ?? '')
      const asked = Date.now()
      await until('our check runs again', async () => (await lastRun()) >= asked)
      expect((await monitor('system'))?.health).toBe('alive')
    },
  }
}
