import { spawn, spawnSync } from 'node:child_process'
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { tempFolder } from '../../host/testing.ts'
import { probeNtp } from '../index.ts'
import { createStopwatch } from '../stopwatch.ts'
import { momentOf } from './ntp.ts'

const clock = systemClock()
const ask = (timeoutMs = 5000, by = clock) => ({
  clock: by,
  stopwatch: createStopwatch(by),
  timeoutMs,
  signal: new AbortController().signal,
})
const missing = ['chronyd', 'faketime'].filter((name) => spawnSync('which', [name]).status !== 0)
const skipped = missing.length === 0 ? '' : `skipped: ${missing.join(', ')} not found; make setup-test brings it`

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))
  return port
}

/** A chronyd of the test's own, whose clock is so much before ours; it sets none. */
async function startChrony(offset: string, lines: readonly string[]): Promise<number> {
  const folder = await tempFolder()
  const port = await freeUdpPort()
  const config = [
    `port ${port}`,
    'bindaddress 127.0.0.1',
    'cmdport 0',
    'allow all',
    `pidfile ${folder.path}/pid`,
    ...lines,
  ]
  await writeFile(join(folder.path, 'chrony.conf'), `${config.join('\n')}\n`)
  const args = ['-f', offset, 'chronyd', '-d', '-x', '-U', '-f', join(folder.path, 'chrony.conf'), '-u', 'root']
  // faketime waits for what it starts: both are ended.
  const server = spawn('faketime', args, { stdio: 'ignore', detached: true })
  await once(server, 'spawn')
  onTestFinished(async () => {
    process.kill(-(server.pid as number), 'SIGKILL')
    await folder[Symbol.asyncDispose]()
  })
  return port
}

/** A server that answers as it is told. */
async function startLiar(
  answer: (request: Buffer, from: RemoteInfo, send: (bytes: Buffer) => void) => void,
): Promise<number> {
  const socket = createSocket('udp4')
  socket.on('message', (request, from) => answer(request, from, (bytes) => socket.send(bytes, from.port, from.address)))
  socket.bind(0, '127.0.0.1')
  onTestFinished(() => void socket.close())
  await once(socket, 'listening')
  return socket.address().port
}

/** An answer to a request, as a server of stratum 2 whose clock is the same as ours. */
function answerTo(request: Buffer): Buffer {
  const answer = Buffer.alloc(48)
  answer[0] = 0x24
  answer[1] = 2
  request.copy(answer, 24, 40, 48)
  const now = BigInt(Date.now()) + 2_208_988_800_000n
  for (const place of [32, 40]) answer.writeBigUint64BE((now << 32n) / 1000n, place)
  return answer
}

describe.skipIf(skipped !== '')(`a chronyd ${skipped}`, () => {
  async function answerOf(port: number) {
    // Until it has begun the port is closed.
    await expect.poll(async () => (await probeNtp(ask(), { address: '127.0.0.1', port })).ok).toBe(true)
    return probeNtp(ask(), { address: '127.0.0.1', port })
  }

  it('is 3 s ahead', async () => {
    const probed = await answerOf(await startChrony('+3s', ['local stratum 5']))
    expect(probed).toMatchObject({ ok: true, answer: { kind: 'time', stratum: 5, leap: 'none' } })
    const { offsetMs, errorMs } = (probed as { answer: { offsetMs: number; errorMs: number } }).answer
    expect(Math.abs(offsetMs - 3000)).toBeLessThan(errorMs + 5)
    expect(errorMs).toBeLessThan(500)
  })

  it('does not know the time', async () => {
    expect(await answerOf(await startChrony('+0s', []))).toMatchObject({ ok: true, answer: { kind: 'unsynchronised' } })
  })
})

describe('a server', () => {
  it('that nobody is, is refused', async () => {
    const port = await freeUdpPort()
    expect(await probeNtp(ask(), { address: '127.0.0.1', port })).toMatchObject({
      ok: false,
      failure: { kind: 'refused', message: `connection refused at 127.0.0.1:${port}` },
    })
  })

  it('that is silent is not waited for', async () => {
    const port = await startLiar(() => {})
    expect(await probeNtp(ask(100), { address: '127.0.0.1', port })).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', message: `no answer from 127.0.0.1:${port} within 100 ms` },
    })
  })

  it('wants to be left alone', async () => {
    const port = await startLiar((request, _, send) => {
      const answer = answerTo(request)
      answer[1] = 0
      answer.write('RATE', 12)
      send(answer)
    })
    expect(await probeNtp(ask(), { address: '127.0.0.1', port })).toMatchObject({
      ok: true,
      answer: { kind: 'kiss', code: 'RATE' },
    })
  })

  it('is heard behind answers to other questions, from elsewhere, and halves of one', async () => {
    const stranger = createSocket('udp4')
    onTestFinished(() => void stranger.close())
    const port = await startLiar((request, from, send) => {
      const forged = answerTo(request)
      forged.writeBigUint64BE(0n, 32)
      stranger.send(forged, from.port, from.address, () => {
        const other = answerTo(request)
        other[24] = (other[24] ?? 0) ^ 1
        for (const bytes of [other, answerTo(request).subarray(0, 47), Buffer.alloc(0), answerTo(request)]) send(bytes)
      })
    })
    const probed = await probeNtp(ask(), { address: '127.0.0.1', port })
    expect(probed).toMatchObject({ ok: true, answer: { kind: 'time', stratum: 2 } })
    expect(Math.abs((probed as { answer: { offsetMs: number } }).answer.offsetMs)).toBeLessThan(100)
  })

  it('that says nothing but what was not asked has not answered', async () => {
    const port = await startLiar((_, __, send) => send(Buffer.alloc(48)))
    expect(await probeNtp(ask(200), { address: '127.0.0.1', port })).toMatchObject({
      ok: false,
      failure: { kind: 'malformed', message: `what came from 127.0.0.1:${port} is no answer of NTP to what was asked` },
    })
  })

  it('is innocent of a clock that is set while it answers', async () => {
    let setMs = 0
    const set = { ...clock, now: () => new Date(Date.now() + setMs) }
    const port = await startLiar((request, _, send) => {
      setMs = 60_000
      send(answerTo(request))
    })
    const probed = await probeNtp(ask(5000, set), { address: '127.0.0.1', port })
    expect(probed).toMatchObject({ ok: true, answer: { kind: 'stepped' } })
    expect(Math.abs((probed as { answer: { byMs: number } }).answer.byMs - 60_000)).toBeLessThan(5)
  })
})

it('reads both clocks again where the process was away between them', () => {
  const gaps = [500, 300, 0.01]
  let nowMs = 0
  let readings = 0
  const moment = momentOf({
    ...clock,
    now: () => {
      nowMs += gaps[readings++] ?? 0
      return new Date(1_000_000 + nowMs)
    },
    monotonicMs: () => nowMs,
  })
  expect(moment.doubtMs).toBeCloseTo(0.01)
  expect(readings).toBe(3)
})
