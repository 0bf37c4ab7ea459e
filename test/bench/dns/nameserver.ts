/** A nameserver that says the same to everybody, in a process of its own; tells its port, and ends with its parent. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { answerTo } from '../../../libs/probe/dns/testing-message.ts'

function answered(query: Buffer): Buffer {
  const name = 'kubernetes.default.svc.cluster.local'
  return answerTo(query, { answers: [{ type: 'A', name, ttl: 5, data: '10.96.0.1' }], edns: true })
}

const tcp = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (bytes) => {
    const message = answered(bytes.subarray(2))
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    socket.end(Buffer.concat([length, message]))
  })
}).listen(0, '127.0.0.1')
await once(tcp, 'listening')
const { port } = tcp.address() as AddressInfo
const udp = createSocket('udp4')
udp.on('message', (query, from) => udp.send(answered(query), from.port, from.address))
udp.bind(port, '127.0.0.1', () => process.send?.(port))
process.once('disconnect', () => {
  tcp.close()
  udp.close()
})
