import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHost } from '#host'
import { defineCheck } from '#monitor-kit'
import { handClock } from '#monitor-kit/testing'
import { tempFolder } from '../../../../libs/host/testing.ts'
import { checkOf, down, healthOf, now, recover, startCheck } from './testing-check.ts'
import { caughtUp, said, scriptedLog } from './testing-log.ts'
import { type RuleOver, rulesOf } from './testing-rules.ts'

const broken = { match: 'broken', reason: 'Broken', condition: 'Broken', recover: { match: 'mended', reboot: false } }
const link = { ...down, recover: { ...recover, absentFor: 60_000 } }

/** Checks of one state folder in which what was raised cannot be read: a process after another. */
async function doubtful(...sources: readonly RuleOver[]) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeFile(join(folder.path, 'raised.json'), '{"raised":')
  const clock = handClock()
  return async () => {
    const log = scriptedLog()
    const setting = { root: '', config: {}, clock, stateFolder: folder.path }
    const check = startCheck(checkOf(log, { rules: rulesOf(...sources) }), setting)
    const following = check.follow({ from: 0, upTo: '', lines: 0 })
    onTestFinished(() => following.stop())
    log.tell(caughtUp(0))
    await following.next()
    await expect.poll(() => following.isFollowing).toBe(true)
    return { log, check, following }
  }
}

test('does not know that it is well where what was raised cannot be read, until a line proves it', async () => {
  const start = await doubtful(broken)
  const { log, check, following } = await start()
  expect(healthOf(await check.run())).toEqual(['Broken  unknown NotKept'])
  log.tell(said(now(check.clock, 'mended', 1)), caughtUp(1))
  await expect.poll(async () => healthOf(await check.run(1))).toEqual(['Broken  healthy NoLineSaysSo'])
  expect(await check.run(1)).toMatchObject({ partial: false })
  await following.stop()
  const next = await start()
  expect(healthOf(await next.check.run())).toEqual(['Broken  healthy NoLineSaysSo'])
})

test('knows what is raised and over since, and its next process does not know the rest either', async () => {
  const start = await doubtful(broken, link)
  const { log, check, following } = await start()
  log.tell(said(now(check.clock, 'broken', 1), now(check.clock, 'down a', 2)), caughtUp(2))
  expect(healthOf(await following.next())).toEqual(['Broken  problem Broken', 'LinkDown nic:a problem LinkLost'])
  log.tell(said(now(check.clock, 'mended', 3), now(check.clock, 'up a', 4)), caughtUp(4))
  expect(healthOf(await following.next())).toEqual(['Broken  healthy Recovered', 'LinkDown nic:a healthy Recovered'])
  await following.stop()
  const next = await start()
  expect(healthOf(await next.check.run())).toEqual(['Broken  healthy NoLineSaysSo', 'LinkDown  unknown NotKept'])
  await next.check.run(65_000)
  expect(healthOf(await next.check.run(30_000))).toEqual([
    'Broken  healthy NoLineSaysSo',
    'LinkDown  healthy NoLineSaysSo',
  ])
})

test('says that it is well as soon as the doubt is over that kept it from saying so', async () => {
  const absent = { match: 'odd', reason: 'Odd', condition: 'Broken', recover: { absentFor: 60_000, reboot: false } }
  const { log, check, following } = await (await doubtful(absent, broken))()
  log.tell(said(now(check.clock, 'broken', 1), now(check.clock, 'mended', 2)), caughtUp(2))
  await expect.poll(async () => healthOf(await following.next())).toEqual(['Broken  unknown NotKept'])
  await check.run()
  expect(healthOf(await check.run(40_000))).toEqual(['Broken  unknown NotKept'])
  await check.run(40_000)
  expect(healthOf(await check.run(40_000))).toEqual(['Broken  healthy Recovered'])
})

test('takes a person’s word for it', async () => {
  const { check } = await (await doubtful(broken))()
  check.clear('Broken')
  expect(healthOf(await check.run())).toEqual(['Broken  healthy Cleared'])
})

/** A check that cannot read what the process before it kept: that `nic:a` is down. */
async function unreadable(host = createHost({ root: '' })) {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const clock = handClock()
  const [hidden, stateFolder] = [join(folder.path, 'hidden'), join(folder.path, 'state')]
  await mkdir(hidden)
  const setting = { root: '', config: {}, clock, host }
  const before = scriptedLog()
  before.tell(said(now(clock, 'down a', 1)))
  const first = startCheck(checkOf(before, { rules: rulesOf(link) }), { ...setting, stateFolder: hidden }).follow()
  await first.next()
  await first.stop()
  await writeFile(stateFolder, 'no folder')
  const log = scriptedLog()
  const check = startCheck(checkOf(log, { rules: rulesOf(link) }), { ...setting, stateFolder })
  const following = check.follow({ from: 1, upTo: '', lines: 0 })
  onTestFinished(() => following.stop())
  return {
    ...{ clock, log, check, following },
    kept: () => readFile(join(stateFolder, 'raised.json'), 'utf8'),
    async mend() {
      await rm(stateFolder)
      await rename(hidden, stateFolder)
    },
  }
}

test('knows it as soon as it can be read, and has written nothing over it', async () => {
  const { clock, log, check, following, mend } = await unreadable()
  log.tell(said(now(clock, 'down b', 2)), caughtUp(2))
  const raised = await following.next()
  expect([healthOf(raised), raised.cursor]).toEqual([['LinkDown nic:b problem LinkLost'], undefined])
  await mend()
  await check.run(1)
  await expect
    .poll(async () => healthOf(await check.run(1)).sort())
    .toEqual(['LinkDown nic:a problem LinkLost', 'LinkDown nic:b problem LinkLost'])
  expect(log.begins).toEqual([1, 1])
})

test('writes nothing over what it has just read before that is taken into account', async () => {
  const { clock, log, check, following, kept, mend } = await unreadable()
  log.tell(caughtUp(1))
  await following.next()
  await expect.poll(() => following.isFollowing).toBe(true)
  const go = following.hold()
  onTestFinished(go)
  log.tell(said(now(clock, 'down b', 2)))
  await expect.poll(async () => healthOf(await following.next())).toEqual(['LinkDown nic:b problem LinkLost'])
  await mend()
  expect(await check.run(1)).toMatchObject({ findings: [], partial: true })
  check.clear('LinkDown', 'nic:c')
  expect(await kept()).toContain('nic:a')
  go()
  await expect
    .poll(async () => healthOf(await check.run(1)).sort())
    .toEqual(['LinkDown nic:a problem LinkLost', 'LinkDown nic:b problem LinkLost', 'LinkDown nic:c healthy Cleared'])
  expect(await kept()).toContain('nic:a')
})

test('says nothing before it was tried to read what was raised, and where nothing ever was that it is well', async () => {
  await using folder = await tempFolder()
  const log = scriptedLog()
  log.tell(caughtUp(0))
  const answer = Promise.withResolvers<void>()
  const definition = checkOf(log, { rules: rulesOf(broken, link) })
  const held = defineCheck({
    ...definition,
    create: (context) => {
      const stateFolder = () => answer.promise.then(context.stateFolder)
      return definition.create({ ...context, stateFolder })
    },
  })
  const check = startCheck(held, { root: '', config: {}, stateFolder: join(folder.path, 'fresh') })
  const following = check.follow()
  onTestFinished(() => following.stop())
  expect(await check.run()).toMatchObject({ findings: [], partial: true })
  expect(await check.run(1)).toMatchObject({ findings: [], partial: true })
  answer.resolve()
  const well = ['Broken  healthy NoLineSaysSo', 'LinkDown  healthy NoLineSaysSo']
  expect(healthOf(await following.next())).toEqual(well)
  await expect.poll(() => following.isFollowing).toBe(true)
  const turn = await check.run(1)
  expect([healthOf(turn), turn.partial]).toEqual([well, false])
})

test('says what it knows where it cannot be known which boot this is', async () => {
  const host = createHost({ root: '' })
  let isUnknown = false
  const bootId = () => (isUnknown ? Promise.reject(new Error('EIO')) : host.bootId())
  const { log, check, following } = await unreadable({ ...host, bootId })
  log.tell(caughtUp(1))
  await following.next()
  await expect.poll(() => following.isFollowing).toBe(true)
  isUnknown = true
  expect(healthOf(await check.run())).toEqual(['LinkDown  unknown NotKept'])
})
