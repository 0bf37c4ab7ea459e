import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { npdLog } from './check.ts'
import { schema } from './config.ts'

const COUNT = 60
const types = Array.from({ length: COUNT }, (_, index) => `ConditionNumber${index}OfSomeFile`)
const config = schema.parse({
  ...{ path: '/config/many.json', plugin: 'kmsg', lookback: '24h', source: 'many' },
  conditions: types.map((type) => ({ type, reason: 'Well', message: 'well' })),
  rules: types.map((condition, index) => ({
    type: 'permanent',
    condition,
    reason: `Broken${index}`,
    pattern: `broken ${index}`,
  })),
})

/** How many are what, once so many more conditions are True than a cursor has room for, in the next process. */
async function afterRestart(between: (stateFolder: string) => Promise<void>): Promise<Record<string, number>> {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, { 'proc/uptime': '3600.25 1.00\n', 'state/x': '' })
  const kernel = await recordKernelLog(folder.path)
  const stateFolder = join(folder.path, 'state')
  const clock = handClock()
  const around = { root: folder.path, config, clock, stateFolder, host: createHost({ root: folder.path }) }
  const start = () => startCheck(npdLog, { ...around, memory: heldMemory() })
  const before = start().follow()
  for (let index = 0; index < COUNT; index++) await kernel.say({ atMs: 1000, text: `broken ${index}` })
  const raised = new Set<string>()
  let cursor: unknown
  while (raised.size < COUNT) {
    const told = await before.next()
    for (const { type, health } of told.findings) if (health === 'problem') raised.add(type)
    cursor = told.cursor ?? cursor
  }
  await before.stop()
  await between(stateFolder)
  const after = start().follow(JSON.parse(JSON.stringify(cursor)))
  const { findings } = await after.next()
  await after.stop()
  const own = findings.filter(({ type }) => types.includes(type)).map(({ health }) => health)
  return Object.fromEntries(
    ['problem', 'healthy', 'unknown'].map((health) => [health, own.filter((one) => one === health).length]),
  )
}

it('a restart ends no condition, also where the cursor has no room for all of them', async () => {
  expect(await afterRestart(() => Promise.resolve())).toEqual({ problem: COUNT, healthy: 0, unknown: 0 })
})

it('what cannot be read of that is unknown, and not over', async () => {
  const { problem = 0, healthy, unknown } = await afterRestart((folder) => writeFile(join(folder, 'raised.json'), '{'))
  expect(problem).toBeGreaterThan(20)
  expect([healthy, unknown]).toEqual([0, COUNT - problem])
})
