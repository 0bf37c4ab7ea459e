/**
 * A program that answers each datagram, and each connection, on one port of 127.0.0.1, and prints that port. A question is after how
 * many milliseconds. The answer is for how many it had no processor itself since its last one: a target that is starved is slow.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { setPriority } from 'node:os'
import { createHost } from '#host'

// A healthy target is no neighbour of those who use the machine up. Needs root, as its cgroup does.
setPriority(-20)
const { own } = createHost({ root: '' })
let beforeMs = own.delays().waitedMs

function answer(question: Buffer, say: (text: string) => void): void {
  const delayMs = Number(question.toString())
  const now = own.delays().waitedMs
  const text = String(now - beforeMs)
  beforeMs = now
  if (delayMs === 0) say(text)
  else setTimeout(() => say(text), delayMs)
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
