import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCheck } from '#monitor-kit/testing'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { logFile } from './check.ts'
import { schema } from './config.ts'
import { createFileFormat } from './format.ts'

const PATH = '/var/log/app'
const BOOT = '7d1c6b8e-2f4a-4c1d-9e0b-5a6f7c8d9e01\n'
const RULES = [{ match: 'failed (?P<what>\\w+)', reason: 'JobFailed', message: '${what}', entity: 'job:${what}' }]

/** A machine with a log in which something stands already. */
async function machine() {
  const folder = await tempFolder()
  await mkdir(join(folder.path, 'var/log'), { recursive: true })
  await mkdir(join(folder.path, 'proc/sys/kernel/random'), { recursive: true })
  await writeFile(join(folder.path, 'proc/sys/kernel/random/boot_id'), BOOT)
  await writeFile(join(folder.path, PATH), 'failed before\n')
  return folder
}

test('tells what is written from its start on, over a rotation, and in the next process nothing twice', async () => {
  await using folder = await machine()
  const path = join(folder.path, PATH)
  const setting = { root: folder.path, config: schema.parse({ path: PATH, rules: RULES }), stateFolder: folder.path }
  const first = startCheck(logFile, setting).follow()
  await first.next()
  await expect.poll(() => first.isFollowing).toBe(true)
  await appendFile(path, 'failed one\n')
  const { events = [], cursor } = await first.next()
  expect(events).toMatchObject([{ reason: 'JobFailed', message: 'one', entity: 'job:one' }])
  await first.stop()

  await appendFile(path, 'failed two\n')
  await rename(path, `${path}.1`)
  await writeFile(path, 'failed three\n')
  await using second = startCheck(logFile, setting).follow(JSON.parse(JSON.stringify(cursor)))
  const told: string[] = []
  while (told.length < 2) told.push(...((await second.next()).events ?? []).map(({ message }) => message))
  expect(told).toEqual(['two', 'three'])
})

test('a file that is not there is a problem, and known again once it is made', async () => {
  await using folder = await machine()
  const config = schema.parse({ path: '/var/log/later', rules: RULES })
  await using following = startCheck(logFile, { root: folder.path, config }).follow()
  const { findings } = await following.next()
  expect(findings).toMatchObject([{ type: 'LogSourceUnreadable', health: 'problem' }])
  await writeFile(join(folder.path, 'var/log/later'), 'failed at once\n')
  const told: string[] = []
  while (told.length === 0) told.push(...((await following.next()).events ?? []).map(({ message }) => message))
  expect(told).toEqual(['at'])
})

test('a line without a time goes on with the one before', () => {
  const format = createFileFormat({ timestamp: '^\\S+', timestampFormat: '2006-01-02T15:04:05Z07:00' })
  const now = new Date('2026-03-01T00:00:00Z')
  const times = ['  at first', '2026-02-01T00:00:00Z trouble', '  at main.c:3'].map((text) =>
    format.read(Buffer.from(text), now)?.at.toISOString(),
  )
  expect(times).toEqual(['2026-03-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'])
})

test('a log that is made later, and is empty, is read: all that stands in it is known', async () => {
  await using folder = await machine()
  const path = join(folder.path, PATH)
  await rm(path)
  const config = schema.parse({ path: PATH, rules: [{ ...RULES[0], condition: 'JobFailing' }] })
  const check = startCheck(logFile, { root: folder.path, config, stateFolder: folder.path })
  await using following = check.follow()
  const said = async () => (await following.next()).findings.map(({ type, health }) => `${type} ${health}`)
  expect(await said()).toEqual(['LogSourceUnreadable problem', 'JobFailing unknown'])
  await writeFile(path, '')
  expect(await said()).toEqual(['LogSourceUnreadable healthy', 'JobFailing healthy'])
})
