/** CheckHealth over a Unix socket, back to back and cold: budget 4. Beside it a raw HTTP/2 echo on a Unix socket. */
import { mkdtemp, rm } from 'node:fs/promises'
import http2 from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExternalMonitorService, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { startConstellation, until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'

const CALLS = 3000
const coldSeconds = Number(process.argv[process.argv.indexOf('--cold') + 1]) || 3
const COLD_CALLS = 7

function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function timed(calls: number, call: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < calls; i++) {
    const began = performance.now()
    await call()
    samples.push(performance.now() - began)
  }
  return samples
}

async function rawEcho(): Promise<number[]> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-echo-'))
  const server = http2.createServer()
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const path = join(dir, 's')
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const { connect } = await import('node:net')
  const session = http2.connect('http://localhost', { createConnection: () => connect(path) })
  const payload = Buffer.alloc(200)
  const once = () =>
    new Promise<void>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/' })
      stream.on('data', () => undefined)
      stream.on('end', resolve)
      stream.on('error', reject)
      stream.end(payload)
    })
  await timed(500, once)
  const samples = await timed(CALLS, once)
  session.close()
  server.close()
  await rm(dir, { recursive: true })
  return samples
}

const c = await startConstellation({
  services: ['system'],
  config: {
    monitors: [{ name: 'memory', type: 'system-memory', enabled: true, interval: '30s' }],
  } as unknown as Record<string, unknown>,
})
const client = connectUnix(join(c.runDir, 'monitors', 'system', 'system.sock'))
const ask = () => client.call(ExternalMonitorService.checkHealth, { parameters: {}, sequence: 1 }, { timeoutMs: 5000 })
await until('the monitor answers', async () => (await ask()).conditions.length > 0)
const bytes = Status.encode(await ask()).finish().length
await timed(500, ask)
const hot = await timed(CALLS, ask)
const echo = await rawEcho()
reportFigure({
  name: 'CheckHealth back to back, p50',
  value: percentile(hot, 0.5),
  unit: 'ms',
  budget: { max: 0.35, maxRatio: 3 },
  comparedWith: { name: 'raw HTTP/2 echo', value: percentile(echo, 0.5) },
})
reportFigure({
  name: 'CheckHealth back to back, p99',
  value: percentile(hot, 0.99),
  unit: 'ms',
  budget: { max: 1 },
  comparedWith: { name: 'raw HTTP/2 echo', value: percentile(echo, 0.99) },
})
const cold: number[] = []
for (let i = 0; i < COLD_CALLS; i++) {
  await new Promise((resolve) => setTimeout(resolve, coldSeconds * 1000))
  cold.push(...(await timed(1, ask)))
}
reportFigure({
  name: `CheckHealth cold, one call in ${coldSeconds} s, p50`,
  value: percentile(cold, 0.5),
  unit: 'ms',
  budget: { max: 2 },
})
reportFigure({ name: 'CheckHealth, size of a status', value: bytes, unit: 'bytes', budget: { max: 500 } })
client.close()
await c.stop()
