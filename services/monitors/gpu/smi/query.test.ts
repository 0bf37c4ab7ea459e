import { expect, test } from 'vitest'
import { handClock } from '#monitor-kit/testing'
import { createQuery } from './query.ts'
import type { Smi, SmiAnswer } from './smi.ts'

const ended = (text: string, exitCode = 0): SmiAnswer => ({
  ...{ kind: 'ended', exitCode, text, isCut: false, tookMs: 20 },
  said: exitCode === 0 ? '' : text.trim(),
})

/** A driver that knows these names, and says that it does not know those. */
function driverOf(known: readonly string[], refused: readonly string[] = []) {
  const calls: (readonly string[])[] = []
  const driver = { last: { isLoaded: true, version: '590.48.01' as string | undefined } }
  const smi: Smi = {
    use: () => undefined,
    late: undefined,
    ask(args) {
      calls.push(args)
      if (args[0] === '--help-query-gpu')
        return Promise.resolve(ended(known.map((name) => `"${name}"\nwords\n`).join('')))
      const names = (args[0] ?? '').replace('--query-gpu=', '').split(',')
      const wrong = names.find((name) => refused.includes(name) || !known.includes(name))
      if (wrong !== undefined) return Promise.resolve(ended(`Field "${wrong}" is not a valid field to query.\n`, 2))
      const values: Record<string, string> = { 'pci.bus_id': '00000000:83:00.0', uuid: 'GPU-3f', index: '0' }
      return Promise.resolve(ended(`${names.join(', ')}\n${names.map((name) => values[name] ?? '[N/A]').join(', ')}\n`))
    },
  }
  return { calls, driver, query: createQuery(smi, driver, handClock()) }
}

const NAMES = ['index', 'uuid', 'pci.bus_id', 'temperature.gpu', 'name']

test('what a driver knows is asked once, and again of another version', async () => {
  const { calls, driver, query } = driverOf(NAMES)
  const helps = () => calls.filter(([first]) => first === '--help-query-gpu').length
  await query.ask()
  await query.ask()
  expect([helps(), calls.length]).toEqual([1, 3])
  expect(query.last?.query).toMatchObject({ kind: 'rows', answer: { rows: [{ place: '0000:83:00' }] } })
  driver.last = { isLoaded: true, version: '595.80' }
  await query.ask()
  expect(helps()).toBe(2)
})

test('a name that it says it knows and then refuses is left out from then on', async () => {
  const { calls, query } = driverOf([...NAMES, 'gpu_recovery_action'], ['gpu_recovery_action'])
  expect((await query.ask()).kind).toBe('rows')
  const before = calls.length
  expect((await query.ask()).kind).toBe('rows')
  expect(calls.length - before).toBe(1)
})

test('one whose help says nothing is asked for what every driver knows', async () => {
  const { calls, query } = driverOf([])
  expect(await query.ask()).toMatchObject({ kind: 'failed', failure: { kind: 'unknown-field' } })
  expect(calls[1]?.[0]).toMatch(/^--query-gpu=index,uuid,pci\.bus_id,/)
})

test('while one hangs that is asked for its help, nothing else is asked', async () => {
  const late: SmiAnswer = { kind: 'late', isThere: true, pid: 7 }
  const calls: (readonly string[])[] = []
  const smi: Smi = {
    use: () => undefined,
    late: undefined,
    ask(args) {
      calls.push(args)
      return Promise.resolve(late)
    },
  }
  expect(await createQuery(smi, { last: undefined }, handClock()).ask()).toBe(late)
  expect(calls).toEqual([['--help-query-gpu']])
})
