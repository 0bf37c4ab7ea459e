import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createHost } from '../host.ts'
import { createPeerUid, uidOfPeer } from './peer-uid.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  13: 0100007F:858B 0100007F:CA68 01 00000000:00000000 00:00000000 00000000 65101        0 332722 1 00000000948cbbd6 20 0 0 10 -1
  29: 0100007F:CA68 0100007F:858B 01 00000000:00000000 00:00000000 00000000 65103        0 332721 2 00000000869f5fad 20 0 0 10 -1
  30: 0100007F:CA69 0100007F:858B 04 00000000:00000000 00:00000000 00000000     0        0 0 2 00000000869f5fad 20 0 0 10 -1
  31: 0100007F:858B 0100007F:CA6A 01 00000000:00000000 00:00000000 00000000     0        0 0 2 00000000869f5fad 20 0 0 10 -1
`

it('finds the user of the other end of one connection, and nobody for one that nobody holds', () => {
  expect(uidOfPeer(TABLE, { localPort: 0xca68, remotePort: 0x858b })).toBe(65101)
  expect(uidOfPeer(TABLE, { localPort: 0x858b, remotePort: 0xca68 })).toBe(65103)
  expect(uidOfPeer(TABLE, { localPort: 0x858b, remotePort: 0xca69 })).toBeUndefined()
  expect(uidOfPeer(TABLE, { localPort: 0xca6a, remotePort: 0x858b })).toBeUndefined()
  expect(uidOfPeer(TABLE, { localPort: 1, remotePort: 2 })).toBeUndefined()
})

it('never throws, whatever the table says', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      uidOfPeer(` 0100007F:0002 0100007F:0001 01 ${text}`, { localPort: 1, remotePort: 2 })
    }),
  )
})

it('asks the kernel of this machine', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = connect(port, '127.0.0.1')
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
  const localPort = client.localPort ?? 0
  expect(await createPeerUid(createHost({ root: '' }).files)({ localPort, remotePort: port })).toBe(process.getuid?.())
  client.destroy()
  accepted.destroy()
  server.close()
})
