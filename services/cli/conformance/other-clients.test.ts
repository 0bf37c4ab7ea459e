import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import { connectionsAt, otherClientsOf } from './other-clients.ts'

it('counts who is connected to a socket beside this process, by the kernel’s table', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nd-clients-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'with space.sock')
  const server = createServer().listen(path)
  await once(server, 'listening')
  const { files } = createHost({ root: '' })
  const clients = []
  for (const others of [0, 1, 2]) {
    const client = connect(path)
    clients.push(client)
    await once(server, 'connection')
    expect(await otherClientsOf(path, files)).toBe(others)
  }
  for (const client of clients) client.destroy()
  server.close()
})

it('counts nobody where the kernel does not say, and never throws', async () => {
  const files = { readText: () => Promise.reject(new Error('no such file')) }
  expect(await otherClientsOf('/run/a.sock', files)).toBe(0)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (table, path) => {
      connectionsAt(table, path)
    }),
  )
})

it('knows a socket of our kit by the name that it was bound by, where its folder has no other', () => {
  const row = (name: string, flags: string, state: string) =>
    `0000: 00000002 00000000 ${flags} 0001 ${state} 77 ${name}`
  const hidden = [row('/run/m/.nAb12Cd/s', '00010000', '01'), row('/run/m/.nAb12Cd/s', '00000000', '03')]
  expect(connectionsAt(hidden.join('\n'), '/run/m/raid.sock')).toBe(1)
  expect(connectionsAt([...hidden, row('/run/m/.nXXXXXX/s', '00010000', '01')].join('\n'), '/run/m/raid.sock')).toBe(0)
  expect(connectionsAt(hidden.join('\n'), '/run/other/raid.sock')).toBe(0)
})
