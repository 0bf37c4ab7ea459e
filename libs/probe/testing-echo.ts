/**
 * A program that answers each datagram, and each connection, on one port of 127.0.0.1, and prints that port. A question is after how
 * many milliseconds. The answer is when it took the question, by the monotonic clock: a target that is starved is slow.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { systemClock } from '#clock'

const clock = systemClock()

function answer(question: Buffer, say: (text: string) => void): void {
  const takenMs = clock.monotonicMs()
  const delayMs = Number(question.toString())
  if (delayMs === 0) say(String(takenMs))
  else setTimeout(() => say(String(takenMs)), delayMs)
}

const socket = createSocket('udp4')
const server = createServer((connection) => {
  connection.on('error', () => {})
  connection.once('data', (question) => answer(question, (text) => connection.end(text)))
})
socket.on('message', (question, from) => answer(question, (text) => socket.send(text, from.port, from.address)))
server.listen(0, '127.0.0.1', () => {
  const place = server.address()
  const port = typeof place === 'object' ? (place?.port ?? 0) : 0
  socket.bind(port, '127.0.0.1', () => console.log(port))
})
