import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHost, HostReadError } from '#host'
import { handClock, heldMemory, startCheck } from '#monitor-kit/testing'
import { recordKernelLog } from '../../../../../libs/host/logs/testing-recorded.ts'
import { tempFolder, writeTree } from '../../../../../libs/host/testing.ts'
import { beforeOf } from './before.ts'
import { npdLog } from './check.ts'
import { type Config, schema } from './config.ts'
import type { Overflow, Recalled } from './overflow.ts'

/** More than a cursor has room for. */
const COUNT = 60
const TYPES = Array.from({ length: COUNT }, (_, index) => `ConditionNumber${index}OfSomeFile`)
/** One that the cursor has no room for. */
const LAST = COUNT - 1
const CONFIG: Config = schema.parse({
  ...{ path: '/config/many.json', plugin: 'kmsg', lookback: '24h', source: 'many' },
  conditions: TYPES.map((type) => ({ type, reason: 'Well', message: 'well' })),
  rules: TYPES.map((condition, index) => ({
    ...{ type: 'permanent', condition, reason: `Broken${index}`, pattern: `broken ${index}\\b.*` },
  })),
  recover: Object.fromEntries(
    TYPES.map((type, index) => [type, { match: `mended ${index}\\b.*`, absentFor: '10m', reboot: false }]),
  ),
})

/** A machine on which all types are True and kept, and whose state folder may be taken away. */
async function machine() {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, { 'proc/uptime': '3600.25 1.00\n', 'state/x': '' })
  const kernel = await recordKernelLog(folder.path)
  const clock = handClock()
  const [stateFolder, aside] = [join(folder.path, 'state'), join(folder.path, 'aside')]
  const around = { root: folder.path, config: CONFIG, clock, stateFolder, memory: heldMemory() }
  let cursor: unknown

  function life() {
    const started = startCheck(npdLog, { ...around, host: createHost({ root: folder.path }) })
    const following = started.follow(cursor)
    const found = new Map<string, string>()
    const events: string[] = []
    return {
      started,
      of: (index: number) => found.get(TYPES[index] as string),
      events,
      count: (health: string) => [...found.values()].filter((one) => one === health).length,
      /** Hears what is told until it is so. */
      async until(isSo: () => boolean): Promise<void> {
        while (!isSo()) {
          const told = await following.next()
          for (const { type, health } of told.findings) if (TYPES.includes(type)) found.set(type, health)
          for (const { message } of told.events ?? []) events.push(message)
          if (told.cursor !== undefined) cursor = JSON.parse(JSON.stringify(told.cursor))
        }
      },
      stop: () => following.stop(),
    }
  }

  const first = life()
  await kernel.play(TYPES.map((_, index) => ({ atMs: 1000, text: `broken ${index}` })))
  await first.until(() => first.count('problem') === COUNT)
  await first.stop()
  return {
    ...{ life, kernel },
    takeAway: () => rename(stateFolder, aside).then(() => writeFile(stateFolder, 'no folder')),
    giveBack: () => rm(stateFolder).then(() => rename(aside, stateFolder)),
    break: () => writeFile(join(stateFolder, 'raised.json'), '{'),
  }
}

it('that a boot is not known ends no turn, and what could not be read is asked for at the next', async () => {
  const answers: (Recalled | undefined | Error)[] = [
    undefined,
    new HostReadError({ action: 'read', path: '/proc/sys/kernel/random/boot_id', code: 'EIO' }),
    { raised: [], doubtful: [] },
  ]
  const overflow: Overflow = {
    recall: async () => {
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer
    },
    keep: () => Promise.resolve(true),
  }
  const left = { raised: [], hasMore: true, isOtherBoot: false }
  const before = await beforeOf({ config: CONFIG, memory: heldMemory() }, left, overflow)
  const taken: Recalled[] = []
  for (const isUnread of [true, true, false]) {
    expect([before.isUnread, taken.length]).toEqual([isUnread, isUnread ? 0 : 1])
    await before.readAgain((recalled) => void taken.push(recalled))
  }
  expect(taken).toEqual([{ raised: [], doubtful: [] }])
})

it('what ended while what was kept of it could not be read is no problem after the next restart', async () => {
  const { life, kernel, takeAway, giveBack } = await machine()
  await takeAway()
  const second = life()
  await second.until(() => second.count('unknown') + second.count('problem') === COUNT)
  expect(second.of(LAST)).toBe('unknown')
  await kernel.say({ atMs: 2000, text: `mended ${LAST}` })
  await second.until(() => second.of(LAST) === 'healthy')
  // Nobody knows whether it was anything else.
  expect(second.events).toEqual([])
  await kernel.say({ atMs: 3000, text: `broken ${LAST}` })
  await second.until(() => second.of(LAST) === 'problem')
  await kernel.say({ atMs: 4000, text: `mended ${LAST}` })
  await second.until(() => second.of(LAST) === 'healthy')
  await second.stop()
  await giveBack()
  const third = life()
  await third.until(() => third.of(LAST) === 'healthy')
  await third.until(() => third.count('problem') === LAST)
  await third.stop()
})

it('what could not be read is known once it can be, and what was said since then counts more', async () => {
  const { life, kernel, takeAway, giveBack } = await machine()
  await takeAway()
  const second = life()
  await second.until(() => second.count('unknown') + second.count('problem') === COUNT)
  await kernel.say({ atMs: 2000, text: `mended ${LAST}` })
  await second.until(() => second.of(LAST) === 'healthy')
  await giveBack()
  await second.started.run()
  await second.until(() => second.count('unknown') === 0)
  expect([second.count('problem'), second.of(LAST)]).toEqual([LAST, 'healthy'])
  await second.stop()
  const third = life()
  await third.until(() => third.count('problem') + third.count('healthy') === COUNT)
  expect([third.count('problem'), third.of(LAST)]).toEqual([LAST, 'healthy'])
  await third.stop()
})

it('of what nobody can read any more each is known that a line ends, over restarts', async () => {
  const { life, kernel, break: breakIt } = await machine()
  await breakIt()
  const second = life()
  await second.until(() => second.count('unknown') + second.count('problem') === COUNT)
  const known = second.count('problem')
  await kernel.say({ atMs: 2000, text: `mended ${LAST}` })
  await second.until(() => second.of(LAST) === 'healthy')
  await second.stop()
  const third = life()
  await third.until(() => third.count('unknown') + third.count('problem') + third.count('healthy') === COUNT)
  expect([third.count('problem'), third.of(LAST), third.count('healthy')]).toEqual([known, 'healthy', 1])
  await third.stop()
})

it('what is in doubt is over once nobody has seen it for as long as ends it', async () => {
  const { life, break: breakIt } = await machine()
  await breakIt()
  const second = life()
  await second.until(() => second.count('unknown') + second.count('problem') === COUNT)
  const unknown = second.count('unknown')
  await second.started.run()
  await second.started.run(599_000)
  expect(second.count('unknown')).toBeGreaterThan(0)
  const heard = second.until(() => second.count('healthy') === COUNT)
  await expect.poll(() => second.started.run(1000).then(() => second.count('healthy'))).toBe(COUNT)
  await heard
  // Of those that were not known to be anything else it is not told.
  expect(second.events).toHaveLength(COUNT - unknown)
  await second.stop()
})
