/**
 * A node and a pod as peers ask them, in the network that it is started in: a kubelet's port, which shows a certificate by TLS and has a
 * short answer to plain HTTP, as Go's servers do; and the echo component. Arguments: certificate and key, as files.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createEcho } from '../../../../echo/server.ts'

const [, , cert = '', key = ''] = process.argv
const secured = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => socket.end())
secured.on('tlsClientError', () => undefined)

/** The first byte of a handshake's record. */
const HANDSHAKE = 0x16

const kubelet = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('readable', () => {
    const first = socket.read() as Buffer | null
    if (first === null) {
      socket.destroy()
      return
    }
    if (first[0] === HANDSHAKE) {
      socket.unshift(first)
      secured.emit('connection', socket)
      return
    }
    socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n')
  })
})
kubelet.listen(10_250)
const found = { target: 'k', resolved: true, addresses: [], latencyMs: 0, lateMs: 0, error: '' }
createEcho({ node: 'n', podIP: '', lookUp: () => Promise.resolve(found) }).listen(8_023)
