import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConditionView, EventView, ProblemView } from '#view'
import { diskCheck, memoryCheck, quickCheck, withChecks } from './checks.ts'
import { type Constellation, readStream, startConstellation, until } from './constellation.ts'
import { canMount, createDisk, type Disk } from './disk.ts'
import { untilWhole } from './whole.ts'

/** What must not change when a process dies and comes back. */
interface Told {
  readonly conditions: ReadonlyMap<string, string>
  readonly problems: ReadonlyMap<string, string>
  readonly events: readonly string[]
}

async function told(c: Constellation): Promise<Told> {
  const view = await c.status()
  const events = await c.json<{ events: EventView[] }>('/events')
  return {
    conditions: new Map(
      view.conditions.map((condition: ConditionView) => [
        `${condition.type} ${condition.entity}`,
        `${condition.health} since ${condition.since}`,
      ]),
    ),
    problems: new Map(
      view.problems.map((problem: ProblemView) => [
        problem.fingerprint,
        `${problem.generation} opened ${problem.opened}`,
      ]),
    ),
    events: events.events.map(({ id }) => id).sort(),
  }
}

describe.skipIf(!canMount)('kill -9', () => {
  let c: Constellation
  let disk: Disk

  beforeAll(async () => {
    disk = await createDisk()
    c = await startConstellation({
      config: withChecks(diskCheck(disk.mount), memoryCheck(), quickCheck('pressure', 'system-pressure')),
    })
    await c.ready()
    await disk.fill(0.95)
    await until('the problem is open', () => c.problem('DiskFull', `disk:${disk.mount}`))
    await untilWhole(c, ['disk', 'memory', 'pressure'])
  }, 60_000)
  afterAll(async () => {
    await c?.stop()
    await disk?.remove()
  }, 60_000)

  for (const service of ['detector', 'system', 'http-exporter'] as const) {
    it(`of ${service}: it comes back, no since-when moves, nothing is told twice`, async () => {
      const before = await told(c)
      const stream = readStream(c.url)
      const starts = c.starts(service)
      c.kill(service)
      await until(`${service} is started again`, () => c.starts(service) > starts)
      await until(
        'everything is live again',
        async () => {
          const view = await c.status()
          const system = view.monitors.find(({ name }) => name === 'system')
          const fresh = system?.checks.every(({ last }) => Date.now() - Date.parse(last) < 2500)
          return view.detector.state === 'live' && system?.health === 'alive' && fresh
        },
        30_000,
      )
      const after = await told(c)
      for (const [key, state] of before.conditions) expect([key, after.conditions.get(key)]).toEqual([key, state])
      expect(after.problems).toEqual(before.problems)
      for (const id of before.events) expect(after.events).toContain(id)
      expect(new Set(after.events).size).toBe(after.events.length)
      const openedAgain = stream.messages
        .flatMap(({ message }) => (message.kind === 'change' ? message.problems : []))
        .filter((p) => p.generation > 1)
      expect(openedAgain).toEqual([])
      stream.close()
    }, 60_000)
  }

  it('of nats-server: the detector brings it back on the same store, and nothing is lost or told twice', async () => {
    const before = await told(c)
    const pid = await until('nats-server runs', () => c.natsPid())
    process.kill(pid, 'SIGKILL')
    await until('another nats-server runs', () => c.natsPid() !== undefined && c.natsPid() !== pid)
    await disk.free()
    await until(
      'the resolved problem arrives through the new server',
      async () => (await c.status()).resolved.some(({ type }) => type === 'DiskFull'),
      30_000,
    )
    const after = await told(c)
    for (const [key, state] of before.conditions)
      if (!key.startsWith('DiskFull')) expect([key, after.conditions.get(key)]).toEqual([key, state])
    await disk.fill(0.95)
    const again = await until('it opens again', () => c.problem('DiskFull', `disk:${disk.mount}`))
    expect(again.generation).toBe(2)
  }, 60_000)
})

describe('the end of the constellation', () => {
  it('leaves no process and no socket behind, whether it is asked or killed', async () => {
    const c = await startConstellation({ dir: await freshDir() })
    await c.ready()
    const nats = c.natsPid()
    expect(nats).toBeDefined()
    await c.stop()
    expect(c.natsPid()).toBeUndefined()
    const { socketsBelow } = await import('./constellation.ts')
    expect(await socketsBelow(c.runDir)).toEqual([])
    const d = await startConstellation({ dir: c.dir })
    await d.ready()
    await d.stop('SIGKILL')
    await until('nats-server went with its detector', () => d.natsPid() === undefined)
  }, 90_000)
})

async function freshDir(): Promise<string> {
  const { mkdtemp } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  return mkdtemp(join(tmpdir(), 'nd-end-'))
}
