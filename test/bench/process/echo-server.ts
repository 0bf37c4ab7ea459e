/** The least that HTTP/2 over a Unix socket costs, in a process of its own: `echo-server.ts PATH` sends back what it gets. */
import http2 from 'node:http2'

const server = http2.createServer()
server.on('stream', (stream) => {
  stream.respond({ ':status': 200 })
  stream.pipe(stream)
})
server.listen(process.argv[2], () => process.stdout.write('listens\n'))
