/**
 * A program that asks the program of testing-echo.ts, and prints what each answer took, once it is told a line: to be run where it has
 * little of a processor. Arguments: "udp" or "tcp", the port on 127.0.0.1, how many questions, the longest that one may take in ms, how
 * many at the same time, after how many ms the answer is wanted.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { asked } from './ask.ts'
import { createStopwatch } from './stopwatch.ts'

const [protocol = 'udp', port = '0', count = '1', timeoutMs = '1000', together = '1', delayMs = '0'] =
  process.argv.slice(2)

const clock = systemClock()

/** When a question was about to be sent, and when the target took it. */
interface Taken {
  readonly sentMs: number
  readonly takenMs: number
}

async function overUdp(port: number, signal: AbortSignal): Promise<Taken> {
  using stack = new DisposableStack()
  const socket = createSocket('udp4')
  stack.defer(() => socket.close())
  const { promise, resolve, reject } = Promise.withResolvers<Taken>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('error', reject)
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const sentMs = clock.monotonicMs()
  socket.on('message', (text) => resolve({ sentMs, takenMs: Number(text.toString()) }))
  socket.send(delayMs, port, '127.0.0.1')
  return await promise
}

async function overTcp(port: number, signal: AbortSignal): Promise<Taken> {
  using stack = new DisposableStack()
  const sentMs = clock.monotonicMs()
  const socket = connect({ port, host: '127.0.0.1' })
  stack.defer(() => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<Taken>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('data', (text) => resolve({ sentMs, takenMs: Number(text.toString()) }))
  socket.on('error', reject)
  socket.write(delayMs)
  return await promise
}

const { own } = createHost({ root: '' })
const stopwatch = createStopwatch(clock, () => own.delays())
const signal = new AbortController().signal
// It begins when it is told to, so that its start need not be limited.
console.log('ready')
await new Promise((told) => process.stdin.once('data', told))
process.stdin.destroy()

async function questions(): Promise<void> {
  for (let times = 0; times < Number(count) / Number(together); times++) {
    const probed = await asked({ clock, stopwatch, timeoutMs: Number(timeoutMs), signal }, 'the echo', (ends) =>
      protocol === 'udp' ? overUdp(Number(port), ends) : overTcp(Number(port), ends),
    )
    const targetLateMs = probed.ok ? Math.max(0, probed.answer.takenMs - probed.answer.sentMs) : 0
    console.log(JSON.stringify({ ok: probed.ok, ...probed.sample, targetLateMs }))
  }
}
await Promise.all(Array.from({ length: Number(together) }, questions))
