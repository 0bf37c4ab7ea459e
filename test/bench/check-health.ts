/** CheckHealth over a Unix socket, back to back and cold: budget 4. Beside it a raw HTTP/2 echo on a Unix socket. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http2 from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExternalMonitorService, Status } from '#proto/npd/external/v1/external_monitor.ts'
import { connectUnix } from '#rpc'
import { NODE_ENV } from '../../services/cli/up/node-flags.ts'
import { FLAGS, startConstellation, until } from '../e2e/constellation.ts'
import { reportFigure } from './figure.ts'

const CALLS = 5000
const WARM_CALLS = 1000
const ROUNDS = 10
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

interface Echo {
  send(): Promise<void>
  close(): Promise<void>
}

/** 200 bytes there and back, to a process with the flags of ours. */
async function startEcho(): Promise<Echo> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-echo-'))
  const path = join(dir, 's')
  const script = new URL('./process/echo-server.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...FLAGS, script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...NODE_ENV },
  })
  await once(child.stdout, 'data')
  const session = http2.connect('http://localhost', { createConnection: () => connect(path) })
  const payload = Buffer.alloc(200)
  const send = () =>
    new Promise<void>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': '/' })
      stream.on('data', () => undefined)
      stream.on('end', resolve)
      stream.on('error', reject)
      stream.end(payload)
    })
  return {
    send,
    async close() {
      session.close()
      child.kill('SIGKILL')
      await rm(dir, { recursive: true })
    },
  }
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
const raw = await startEcho()
await timed(WARM_CALLS, ask)
await timed(WARM_CALLS, raw.send)
const hot: number[] = []
const echo: number[] = []
// In turns: what else the machine does meets both.
for (let round = 0; round < ROUNDS; round++) {
  hot.push(...(await timed(CALLS / ROUNDS, ask)))
  echo.push(...(await timed(CALLS / ROUNDS, raw.send)))
}
await raw.close()
reportFigure({
  name: 'CheckHealth back to back, p50',
  value: percentile(hot, 0.5),
  unit: 'ms',
  budget: { maxRatio: 3.5 },
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
