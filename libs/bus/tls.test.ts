import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { connectBus } from './connect.ts'
import { freePort, plainDoor, quietLog } from './testing.ts'
import { folder } from './testing-readers.ts'
import { isLoopback } from './tls.ts'
import type { BusTls } from './types.ts'

const run = promisify(execFile)
const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop()
})

/** A CA, and what it signed for 127.0.0.1. */
async function authority(dir: string, name: string) {
  const at = (what: string) => join(dir, `${name}-${what}`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  ])
  await run('openssl', ['req', ...key, '-subj', '/CN=bus', '-keyout', at('tls.key'), '-out', at('tls.csr')])
  await writeFile(at('ext'), 'subjectAltName=IP:127.0.0.1\n')
  await run('openssl', [
    'x509',
    '-req',
    '-in',
    at('tls.csr'),
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('ext'),
    '-out',
    at('tls.crt'),
  ])
  return { ca: at('ca.crt'), cert: at('tls.crt'), key: at('tls.key') }
}

async function server(...more: string[]): Promise<string> {
  const port = await freePort()
  const child = await plainDoor.spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...more], {
    env: {},
    onLine: () => undefined,
  })
  open.push(() => {
    child.kill('SIGKILL')
    return child.exited
  })
  return `127.0.0.1:${port}`
}

function client(url: string, tls?: BusTls) {
  const bus = connectBus({
    name: 'detector',
    credentials: () => Promise.resolve({ url, user: 'detector', seed: '', ...(tls && { tls }) }),
    log: quietLog,
  })
  open.push(() => bus.close())
  return bus
}

it('an external server proves itself by the CA that was named, whatever its URL begins with', async () => {
  const dir = await folder()
  const [ours, theirs] = [await authority(dir, 'ours'), await authority(dir, 'theirs')]
  const at = await server('--tls', '--tlscert', ours.cert, '--tlskey', ours.key)
  for (const scheme of ['nats', 'tls']) {
    const bus = client(`${scheme}://${at}`, { ca: ours.ca })
    await bus.connected(AbortSignal.timeout(10_000))
  }
  const wrong = client(`nats://${at}`, { ca: theirs.ca })
  await expect.poll(() => wrong.lastError, { timeout: 10_000 }).toContain('certificate')
  expect(wrong.state).toBe('connecting')
  const missing = client(`nats://${at}`, { ca: join(dir, 'none') })
  await expect
    .poll(() => missing.lastError)
    .toContain(`refused the bus at nats://${at}: ${join(dir, 'none')} cannot be read: ENOENT`)
}, 60_000)

it('a server that speaks without TLS is left when a CA was named', async () => {
  const ours = await authority(await folder(), 'ours')
  const url = `nats://${await server()}`
  const bus = client(url, { ca: ours.ca })
  await expect
    .poll(() => bus.lastError, { timeout: 10_000 })
    .toBe(`refused the bus at ${url}: the server speaks without TLS, and bus.tls wants its certificate`)
  expect(bus.state).toBe('connecting')
}, 60_000)

it('a server that asks who we are is shown our certificate', async () => {
  const ours = await authority(await folder(), 'ours')
  const at = await server('--tlsverify', '--tlscert', ours.cert, '--tlskey', ours.key, '--tlscacert', ours.ca)
  await client(`nats://${at}`, ours).connected(AbortSignal.timeout(10_000))
  const nobody = client(`nats://${at}`, { ca: ours.ca })
  await expect.poll(() => nobody.lastError, { timeout: 10_000 }).not.toBe('')
  expect(nobody.state).toBe('connecting')
}, 60_000)

it('loopback is told by its address', () => {
  expect(['nats://127.0.0.1:4222', 'nats://localhost:1,tls://[::1]:2'].map(isLoopback)).toEqual([true, true])
  expect(
    ['nats://10.0.0.1:4222', 'nats://127.0.0.1:1,nats://a:2', 'nats://127.0.0.1.example:4222'].map(isLoopback),
  ).toEqual([false, false, false])
})
