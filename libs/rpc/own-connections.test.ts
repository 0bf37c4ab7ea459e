import { type ChildProcess, spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, type RpcClient } from './connect.ts'
import { testSocket } from './testing.ts'

const SERVER = join(import.meta.dirname, 'testing-server.ts')
const MANY = 20

/** A server in a process of its own, which a test stops. */
async function startServer(path: string): Promise<ChildProcess & Disposable> {
  const child = spawn('node_modules/.bin/node', [SERVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') })
}

async function openDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

/** They ask, and nobody answers. */
async function askInVain(clients: readonly RpcClient[]): Promise<void> {
  const asked = clients.map((client) => client.call(DetectorService.getNode, {}, { timeoutMs: 100 }))
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected')
}

describe('a connection that is closed', () => {
  it('is gone though its server stands still: one that had not answered yet, and one that had', async () => {
    await using socket = await testSocket()
    using server = await startServer(socket.path)
    const connect = () => Array.from({ length: MANY }, () => connectUnix(socket.path))
    const before = await openDescriptors()
    const known = connect()
    await Promise.all(known.map((client) => client.call(DetectorService.getNode, {})))
    server.kill('SIGSTOP')
    const strange = connect()
    await askInVain([...strange, ...known])
    expect(await openDescriptors()).toBeGreaterThanOrEqual(before + 2 * MANY)
    for (const client of [...strange, ...known]) client.close()
    await expect.poll(openDescriptors).toBeLessThanOrEqual(before + 2)
  })

  it('takes the answer along that is under way', async () => {
    await using socket = await testSocket()
    const { promise: asked, resolve } = Promise.withResolvers<() => void>()
    await socket.serve({ getNode: (_call, callback) => resolve(() => callback(null, { node: undefined })) })
    const client = connectUnix(socket.path)
    const call = client.call(DetectorService.getNode, {})
    const answer = await asked
    client.close()
    await new Promise(setImmediate)
    answer()
    expect(await call).toMatchObject({ node: undefined })
  })
})
