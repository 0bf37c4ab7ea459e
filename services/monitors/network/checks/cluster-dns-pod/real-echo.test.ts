/** The check and the echo component, over a real connection: what the one says the other understands. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '#clock'
import { startCheck } from '#monitor-kit/testing'
import type { ClusterDns } from '../../../../echo/cluster-dns.ts'
import { createEcho } from '../../../../echo/server.ts'
import { clusterDnsPod } from './check.ts'
import { schema } from './config.ts'

const FOUND = { target: 'kubernetes.default.svc.cluster.local', resolved: true, addresses: ['10.96.0.1'] } as const
const WELL: ClusterDns = { ...FOUND, latencyMs: 1, lateMs: 0, error: '' }

/** An echo pod of this node, and what the API says of it. */
async function echoPod() {
  let said = WELL
  const server = createEcho({ node: 'n1', podIP: '', lookUp: () => Promise.resolve(said) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const around = { isReady: true, isServing: true, isTerminating: false, zone: '' }
  const slice = {
    name: 'echo-a',
    addressType: 'IPv4' as const,
    ports: [{ name: 'echo', protocol: 'TCP' as const, port }],
    endpoints: [{ ...around, addresses: ['127.0.0.1'], nodeName: 'n1' }],
  }
  const openSlices = async () => ({
    namespace: 'node-doctor',
    names: async () => ['echo-a'],
    slice: async () => slice,
    close: () => undefined,
  })
  const shared = { hostNetwork: () => Promise.resolve({ kind: 'same' }), openSlices }
  const config = schema.parse({ service: 'node-doctor-echo' })
  const clock = { ...systemClock(), pass: () => undefined, step: () => undefined }
  const check = startCheck(clusterDnsPod, { root: '', config, shared, clock })
  return { check, server, say: (next: Partial<ClusterDns>) => (said = { ...WELL, ...next }) }
}

test('an echo pod that resolves the name is well, one that does not is the problem, and one that is gone is unknown', async () => {
  const { check, server, say } = await echoPod()
  const look = async () => (await check.run()).findings[0]
  expect(await look()).toMatchObject({ health: 'healthy', reason: 'PodsResolve' })
  say({ resolved: false, addresses: [], error: 'ETIMEOUT', latencyMs: 2_001 })
  expect(await look()).toMatchObject({ health: 'healthy', pending: true })
  expect(await look()).toMatchObject({ health: 'problem', severity: 'critical', reason: 'NotResolved' })
  say({})
  expect(await look()).toMatchObject({ health: 'healthy', reason: 'PodsResolve' })
  server.close()
  server.closeAllConnections()
  for (const _ of [1, 2]) expect(await look()).toMatchObject({ health: 'healthy', pending: true })
  expect(await look()).toMatchObject({
    ...{ health: 'unknown', reason: 'EchoSilent', message: expect.stringContaining('connection refused at 127.0.0.1') },
  })
})
