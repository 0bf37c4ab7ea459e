import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { keepLog } from '../../../libs/service/testing.ts'
import { forgetOthers, keptPath } from './kept-place.ts'

const TICKETS = { name: 'tickets', socketPath: '/run/tickets.sock' }

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nd-place-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

it('is the same for one exporter at one socket, and another for whoever has its name at another', () => {
  const path = keptPath('/state', TICKETS)
  expect(path).toMatch(/^\/state\/tickets-[0-9a-f]{12}\.json$/)
  expect(keptPath('/state', { ...TICKETS })).toBe(path)
  expect(keptPath('/state', { ...TICKETS, socketPath: '/run/other.sock' })).not.toBe(path)
})

it('is removed for those that are there no more, and nothing else is', async () => {
  const dir = await folder()
  const { log, messages } = keepLog()
  const own = keptPath('', TICKETS)
  const moved = keptPath('', { ...TICKETS, socketPath: '/run/other.sock' })
  const gone = keptPath('', { name: 'pager', socketPath: '/run/pager.sock' })
  for (const name of [own, moved, gone, 'tickets.json', 'notes.txt', `${own}.tmp`])
    await writeFile(join(dir, name), '{}')
  await mkdir(join(dir, 'folder-0123456789ab.json'))
  await forgetOthers(dir, [TICKETS], log)
  expect((await readdir(dir)).toSorted()).toEqual(
    [own, 'tickets.json', 'notes.txt', `${own}.tmp`, 'folder-0123456789ab.json'].toSorted(),
  )
  expect(messages()).toEqual(['what exporters that are configured no more were told is forgotten'])
})

it('is no matter where there is no folder', async () => {
  const { log, messages } = keepLog()
  await forgetOthers(join(await folder(), 'none'), [], log)
  expect(messages()).toEqual([])
})

it('that cannot be looked through is told, and nothing stops', async () => {
  const dir = await folder()
  await writeFile(join(dir, 'file'), '')
  const { log, messages } = keepLog()
  await forgetOthers(join(dir, 'file'), [], log)
  expect(messages()).toEqual(['what exporters that are configured no more were told cannot be removed'])
})
