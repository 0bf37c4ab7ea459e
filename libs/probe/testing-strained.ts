/**
 * A program that asks an echo, one question after the other, and prints what each took: to be run where it has little of a
 * processor. Arguments: "udp" or "tcp", the port on 127.0.0.1, how many questions, the longest that one may take in ms.
 */
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { asked } from './ask.ts'
import { createStopwatch } from './stopwatch.ts'

async function overUdp(port: number, signal: AbortSignal): Promise<string> {
  using stack = new DisposableStack()
  const socket = createSocket('udp4')
  stack.defer(() => socket.close())
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  signal.addEventListener('abort', () => reject(signal.reason))
  socket.on('message', (text) => resolve(text.toString()))
  socket.on('error', reject)
  socket.send('hello', port, '127.0.0.1')
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
  socket.write('hello')
  return await promise
}

const [protocol = 'udp', port = '0', count = '1', timeoutMs = '1000', together = '1'] = process.argv.slice(2)
const clock = systemClock()
const { own } = createHost({ root: '' })
const stopwatch = createStopwatch(clock, () => own.delays())
const signal = new AbortController().signal
// Whoever limits it says so by a line.
await new Promise((told) => process.stdin.once('data', told))
process.stdin.destroy()
async function questions(): Promise<void> {
  for (let times = 0; times < Number(count) / Number(together); times++) {
    const begunMs = clock.monotonicMs()
    const probed = await asked({ clock, stopwatch, timeoutMs: Number(timeoutMs), signal }, 'the echo', (ends) =>
      protocol === 'udp' ? overUdp(Number(port), ends) : overTcp(Number(port), ends),
    )
    const { sample } = probed
    console.log(
      JSON.stringify({
        ok: probed.ok,
        ...sample,
        begunMs,
        answer: probed.ok ? probed.answer : undefined,
        failure: probed.ok ? undefined : probed.failure.kind,
      }),
    )
  }
}
await Promise.all(Array.from({ length: Number(together) }, questions))
