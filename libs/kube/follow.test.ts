import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../clock/testing.ts'
import type { KubeAccess } from './access.ts'
import { createKubeClient } from './client.ts'
import type { NodePod } from './pods.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

const pod = (name: string, version = '5') => ({
  metadata: { name, namespace: 'd', uid: `u-${name}`, resourceVersion: version },
})

/** A server that answers each list and each watch as the next of these says. */
async function scene(
  lists: readonly unknown[],
  watches: ((response: ServerResponse, request: IncomingMessage) => void)[],
) {
  const asked: string[] = []
  const waiting = [...lists]
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const isWatch = url.searchParams.get('watch') === 'true'
    asked.push(isWatch ? `watch ${url.searchParams.get('resourceVersion')}` : 'list')
    if (isWatch) {
      const answer = watches.shift() ?? ((held: ServerResponse) => void held.writeHead(200).flushHeaders())
      answer(response, request)
      return
    }
    const body = waiting.length > 1 ? waiting.shift() : waiting[0]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, verify: true }
  const access: KubeAccess = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    origin: 'a test',
    namespace: '',
    credentials: async () => ({ headers: {}, ...none }),
    renew: () => undefined,
  }
  const clock = fakeClock()
  const client = createKubeClient({ access, userAgent: 'test', clock })
  const abort = new AbortController()
  const seen: string[][] = []
  const troubles: (string | undefined)[] = []
  open.push(() => {
    abort.abort()
    client.close()
    server.closeAllConnections()
    server.close()
  })
  const following = client.followPodsOfNode('n', {
    signal: abort.signal,
    onChange: (pods: ReadonlyMap<string, NodePod>) => seen.push([...pods.values()].map(({ name }) => name)),
    onState: ({ trouble }) => troubles.push(trouble?.message),
  })
  return { client, asked, clock, seen, troubles, abort, following }
}

const list = (version: string, ...names: string[]) => ({
  metadata: { resourceVersion: version },
  items: names.map((name) => pod(name, version)),
})
const saying =
  (...lines: unknown[]) =>
  (response: ServerResponse) => {
    response.writeHead(200)
    for (const line of lines) response.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }
const ending =
  (...lines: unknown[]) =>
  (response: ServerResponse) => {
    saying(...lines)(response)
    response.end()
  }

describe('what is followed', () => {
  it('goes on from the last version that was told, a bookmark’s too', async () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } }
    const at = await scene([list('5', 'a')], [ending({ type: 'ADDED', object: pod('b', '7') }, bookmark)])
    await expect.poll(() => at.seen).toEqual([['a'], ['a', 'b']])
    // It was ended at once, so it waits a little before it asks again.
    await expect.poll(() => at.troubles.length).toBe(2)
    await at.clock.advance(1000)
    await expect.poll(() => at.asked).toEqual(['list', 'watch 5', 'watch 9'])
    expect(at.troubles).toEqual([undefined, 'watch pods ended: it was ended at once', undefined])
  })

  it('is read anew when the version is too old, whether that is said before or within the watch', async () => {
    const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version: 5 (9)' } }
    const refused = (response: ServerResponse) =>
      void response.writeHead(410).end(JSON.stringify({ reason: 'Expired', message: 'too old' }))
    const at = await scene([list('5', 'a'), list('9', 'b'), list('12', 'c')], [saying(gone), refused])
    await expect.poll(() => at.seen.length).toBe(1)
    for (const count of [2, 3]) {
      await expect.poll(() => at.troubles.filter((trouble) => trouble !== undefined).length).toBe(count - 1)
      await at.clock.advance(1000)
      await expect.poll(() => at.seen.length).toBe(count)
    }
    expect(at.seen).toEqual([['a'], ['b'], ['c']])
    await expect.poll(() => at.asked).toEqual(['list', 'watch 5', 'list', 'watch 9', 'list', 'watch 12'])
    expect(at.troubles).toContain('watch pods ended: too old resource version: 5 (9)')
    expect(at.troubles).toContain('watch pods was answered with 410 Expired: too old')
  })

  it('is asked for anew when a watch says nothing for too long, without a word of trouble', async () => {
    const at = await scene([list('5', 'a')], [])
    await expect.poll(() => at.troubles).toEqual([undefined])
    await at.clock.advance(91_000)
    await expect.poll(() => at.asked).toEqual(['list', 'watch 5', 'watch 5'])
    expect(at.troubles.every((trouble) => trouble === undefined)).toBe(true)
  })

  it('takes nothing from whoever is no API server', async () => {
    for (const [line, why] of [
      ['<html>', 'it said what is no JSON'],
      [{ type: 'ADDED' }, 'it said what is no event of a watch'],
      [{ type: 'SUNG', object: {} }, 'it said what is no event of a watch'],
      ['null', 'it said what is no event of a watch'],
    ] as const) {
      const at = await scene([list('5', 'a')], [saying(line)])
      await expect.poll(() => at.troubles.at(-1)).toBe(`watch pods ended: ${why}`)
      expect(at.seen).toEqual([['a']])
    }
    const endless = await scene(
      [list('5', 'a')],
      [(response) => void response.writeHead(200).write('x'.repeat(5 * 1024 * 1024))],
    )
    await expect
      .poll(() => endless.troubles.at(-1), { timeout: 5000 })
      .toBe('watch pods ended: a line is longer than 4194304 bytes')
  })

  it('takes lines that come in pieces', async () => {
    const at = await scene(
      [list('5')],
      [
        (response) => {
          const text = `${JSON.stringify({ type: 'ADDED', object: pod('ä', '7') })}\n`
          const bytes = Buffer.from(text)
          response.writeHead(200)
          const step = (index: number) => {
            if (index < bytes.length) response.write(bytes.subarray(index, index + 7), () => step(index + 7))
          }
          step(0)
        },
      ],
    )
    await expect.poll(() => at.seen).toEqual([[], ['ä']])
  })

  it('ends with its signal, and with what whoever listens throws', async () => {
    const at = await scene([list('5', 'a')], [])
    await expect.poll(() => at.seen.length).toBe(1)
    at.abort.abort()
    await at.following
    const throwing = at.client.followPodsOfNode('n', {
      signal: new AbortController().signal,
      onChange() {
        throw new Error('of the listener')
      },
    })
    await expect(throwing).rejects.toThrow('of the listener')
  })
})
