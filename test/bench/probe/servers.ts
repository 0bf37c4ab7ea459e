/** Servers in a process of their own, so that what they cost is not what a probe costs. Says its ports to whoever started it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority } from '../../../libs/probe/tls/testing-certificates.ts'

/** Where they listen, on loopback. */
export interface Ports {
  readonly tcp: number
  readonly http: number
  readonly https: number
  /** The authority of the last. */
  readonly authority: string
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', () => up()))
  return (server.address() as AddressInfo).port
}

const folder = mkdtempSync(join(tmpdir(), 'nd-bench-'))
const authority = createAuthority(folder)
const issued = authority.issue()
rmSync(folder, { recursive: true })

const tcp = createServer((socket) => void socket.on('error', () => {}).resume())
const http = createHttpServer((_, response) => void response.end('well'))
const https = createHttpsServer(issued, (_, response) => void response.end('well'))
https.on('tlsClientError', () => {})
process.send?.({
  tcp: await portOf(tcp),
  http: await portOf(http),
  https: await portOf(https),
  authority: authority.cert,
} satisfies Ports)
process.on('disconnect', () => process.exit())
