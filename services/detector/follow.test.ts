/** A monitor that follows a source, as a process that is killed, and the detector that takes what it tells. */
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MonitorService, type WatchRequest } from '#proto/nodedoctor/v1/monitor.ts'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { tempFolder } from '../../libs/host/testing.ts'
import { type FollowerProcess, startFollower } from '../../libs/monitor-kit/testing/follower.ts'
import { createBench, pluginAt } from './monitors/testing.ts'

const POLL = { timeout: 20_000, interval: 10 }
const CURSOR = 'state/monitors/follower/lines/cursor.json'

let folder = ''
const ends: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  const temp = await tempFolder()
  folder = temp.path
  ends.push(async () => temp[Symbol.asyncDispose]())
  await writeFile(join(folder, 'lines'), '')
  await mkdir(join(folder, 'run/monitors/follower'), { recursive: true })
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(): Promise<FollowerProcess> {
  const follower = await startFollower(folder)
  ends.push(follower.kill)
  return follower
}

function write(...lines: readonly string[]): Promise<void> {
  return appendFile(join(folder, 'lines'), lines.map((line) => `${line}\n`).join(''))
}

/** Hears what is told, and acknowledges only what it is told to. */
function listen({ client }: FollowerProcess) {
  const end = new AbortController()
  const stream = client.bidiStream(MonitorService.watch, end.signal)
  const say = (request: WatchRequest['request']) => stream.send({ request })
  say({ $case: 'start', value: { maxReportsPerSecond: 1000, maxMessageBytes: 1_048_576 } })
  const heard: Report[] = []
  void (async () => {
    for await (const { report } of stream.responses) if (report !== undefined) heard.push(report)
  })().catch(() => undefined)
  return {
    events: () => heard.flatMap(({ events }) => events.map(({ id, message }) => `${id}: ${message}`)),
    acknowledge(message: string) {
      const report = heard.find(({ events }) => events.some((event) => event.message === message))
      if (report === undefined) throw new Error(`nothing was told of ${message}`)
      say({ $case: 'ack', value: { incarnation: report.incarnation, sequence: report.sequence } })
    },
  }
}

describe('a monitor that follows', () => {
  it('killed before its report was acknowledged tells it once again, and after that it does not', async () => {
    const first = await start()
    const unheard = listen(first)
    await write('KernelOops one')
    await expect.poll(unheard.events, POLL).toEqual(['key:line 0: KernelOops one'])
    await first.kill()
    const second = await start()
    const heard = listen(second)
    await expect.poll(heard.events, POLL).toEqual(['key:line 0: KernelOops one'])
    await write('TaskHung two')
    await expect.poll(heard.events, POLL).toHaveLength(2)
    heard.acknowledge('KernelOops one')
    await expect.poll(() => readFile(join(folder, CURSOR), 'utf8').catch(() => ''), POLL).toMatch(/^15\n/)
    await second.kill()
    const third = listen(await start())
    await expect.poll(third.events, POLL).toEqual(['key:line 15: TaskHung two'])
  }, 60_000)

  it('killed at any time loses no line, and none of them is another event than before', async () => {
    await using bench = await createBench({
      plugins: () => [pluginAt('follower', join(folder, 'run/monitors/follower/follower.sock'))],
    })
    const told = () =>
      bench.changes.flatMap((change) =>
        change.kind === 'event' && change.value.reason === 'LineSeen' ? [change.value] : [],
      )
    let lines = 0
    for (let life = 0; life < 2; life++) {
      const follower = await start()
      const before = new Set(told().map(({ id }) => id)).size
      const more = Array.from({ length: 40 }, () => `KernelOops ${lines++}`)
      await write(...more)
      // In the midst of it: some are told, some acknowledged, some neither.
      await expect
        .poll(() => new Set(told().map(({ id }) => id)).size, { ...POLL, interval: 1 })
        .toBeGreaterThan(before)
      await follower.kill()
    }
    await start()
    const messages = () => new Map(told().map(({ id, message }) => [id, message]))
    await expect.poll(() => messages().size, POLL).toBe(lines)
    expect([...messages().values()].sort()).toEqual(Array.from({ length: lines }, (_, n) => `KernelOops ${n}`).sort())
    expect(told().every(({ count }) => count === 1)).toBe(true)
    const { conditionTypes } = bench.engine.state.declarations.get('follower') ?? {}
    expect([...(conditionTypes?.keys() ?? [])]).toEqual(['KernelOops', 'TaskHung'])
    expect([...bench.engine.state.conditions.values()].map(({ type }) => type)).toContain('KernelOops')
  }, 60_000)
})
