import { readFileSync } from 'node:fs'
import { systemClock } from '#clock'
import { createClusterDns, targetIn } from './cluster-dns.ts'
import { createEcho } from './server.ts'

const env = process.env
const lookUp = createClusterDns(targetIn(readFileSync('/etc/resolv.conf', 'utf8')), systemClock())
const server = createEcho({ node: env['NODE_NAME'] ?? '', podIP: env['POD_IP'] ?? '', lookUp })
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeAllConnections()
  })
}
server.listen(Number(env['ECHO_PORT'] ?? 8_023))
