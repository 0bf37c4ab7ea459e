import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import type { Finding } from '#monitor-kit'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { npdLog } from './check.ts'
import { type Config, schema } from './config.ts'
import type { Kept } from './kept.ts'

/** A file with so many types, each of which a line of its number makes True; the first are ended by a reboot alone, as all are by default. */
function fileOf(count: number, { endedByReboot = count, name = 'ConditionNumber' } = {}): Config {
  const types = Array.from({ length: count }, (_, index) => `${name}${index}OfSomeFile`)
  return schema.parse({
    ...{ path: '/config/many.json', plugin: 'kmsg', lookback: '24h', source: 'many' },
    conditions: types.map((type) => ({ type, reason: 'Well', message: 'well' })),
    rules: types.map((condition, index) => ({
      type: 'permanent',
      condition,
      reason: `Broken${index}`,
      pattern: `broken ${index}\\b.*`,
    })),
    recover: Object.fromEntries(types.slice(endedByReboot).map((type) => [type, { reboot: false }])),
  })
}

interface Between {
  readonly stateFolder: string
  readonly kernel: Awaited<ReturnType<typeof recordKernelLog>>
}

/** What is found of a file's types in the next process, once all of them are True. */
async function afterRestart(
  config: Config,
  {
    between = () => Promise.resolve(),
    keptAs = (cursor) => cursor,
    words = '',
  }: {
    between?: (around: Between) => Promise<void>
    keptAs?: (cursor: Kept) => unknown
    words?: string
  } = {},
): Promise<readonly Finding[]> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, { 'proc/uptime': '3600.25 1.00\n', 'state/x': '' })
  const kernel = await recordKernelLog(folder.path)
  const stateFolder = join(folder.path, 'state')
  const around = { root: folder.path, config, clock: handClock(), stateFolder, memory: heldMemory() }
  const start = () => startCheck(npdLog, { ...around, host: createHost({ root: folder.path }) })
  const before = start().follow()
  for (const index of config.conditions.keys()) await kernel.say({ atMs: 1000, text: `broken ${index}${words}` })
  const raised = new Set<string>()
  let cursor: unknown
  while (raised.size < config.conditions.length) {
    const told = await before.next()
    for (const { type, health } of told.findings) if (health === 'problem') raised.add(type)
    cursor = told.cursor ?? cursor
  }
  await before.stop()
  await between({ stateFolder, kernel })
  const after = start().follow(keptAs(JSON.parse(JSON.stringify(cursor)) as Kept))
  const { findings } = await after.next()
  await after.stop()
  return findings.filter(({ type }) => config.conditions.some((one) => one.type === type))
}

/** How many are what. */
function countsOf(findings: readonly Finding[]): Record<string, number> {
  return Object.fromEntries(
    ['problem', 'healthy', 'unknown'].map((health) => [health, findings.filter((one) => one.health === health).length]),
  )
}

const COUNT = 60
const unreadable = ({ stateFolder }: Between) => writeFile(join(stateFolder, 'raised.json'), '{')

it('a restart ends no condition, also where the cursor has no room for all of them', async () => {
  expect(countsOf(await afterRestart(fileOf(COUNT)))).toEqual({ problem: COUNT, healthy: 0, unknown: 0 })
})

it('what cannot be read of that is unknown, and not over', async () => {
  const { problem = 0, healthy, unknown } = countsOf(await afterRestart(fileOf(COUNT), { between: unreadable }))
  expect(problem).toBeGreaterThan(20)
  expect([healthy, unknown]).toEqual([0, COUNT - problem])
})

it('of what cannot be read a reboot has ended what it ends', async () => {
  const between = async (around: Between) => {
    await unreadable(around)
    await around.kernel.reboot('00000000-0000-4000-8000-000000000002')
  }
  const { unknown, healthy } = countsOf(await afterRestart(fileOf(COUNT, { endedByReboot: COUNT - 1 }), { between }))
  expect([unknown, healthy]).toEqual([1, COUNT - 1])
})

it('of a cursor of which something cannot be read nothing is well that it does not name', async () => {
  const keptAs = (cursor: Kept) => ({ ...cursor, raised: [{ ...cursor.raised[0], since: 'long ago' }] })
  expect(countsOf(await afterRestart(fileOf(2), { keptAs }))).toEqual({ problem: 0, healthy: 0, unknown: 2 })
})

it('each has its whole message again, wherever it lies', async () => {
  const words = ` ${'word '.repeat(400)}end`
  const findings = await afterRestart(fileOf(24, { name: 'LongName'.repeat(13) }), { words })
  expect(findings.map(({ message }) => message.slice(-3))).toEqual(findings.map(() => 'end'))
})
