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

async function overUdp(port: number, signal: AbortSignal): Promise<string> {
  using stack = new DisposableStack()
  const socket = createSocket('udp4')
  stack.defer(() => socket.close())
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('message', (text) => resolve(text.toString()))
  socket.on('error', reject)
  socket.send(delayMs, port, '127.0.0.1')
  return await promise
}

async function overTcp(port: number, signal: AbortSignal): Promise<string> {
  using stack = new DisposableStack()
  const socket = connect({ port, host: '127.0.0.1' })
  stack.defer(() => socket.destroy())
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('data', (text) => resolve(text.toString()))
  socket.on('error', reject)
  socket.write(delayMs)
  return await promise
}

const clock = systemClock()
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
    const targetWaitedMs = probed.ok ? Number(probed.answer) : 0
    console.log(JSON.stringify({ ok: probed.ok, ...probed.sample, targetWaitedMs }))
  }
}
await Promise.all(Array.from({ length: Number(together) }, questions))
