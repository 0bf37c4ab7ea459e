/** Peers by the API, of a server that is strict: with the token that the component `peers` mounts, and no right more than its Role has. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../libs/clock/testing.ts'
import { type FakeApiServer, startFakeApiServer } from '../../../../../test/fakes/kube-apiserver/server.ts'
import { createBudget } from './budget.ts'
import { createSlicePool } from './pool.ts'
import { createOpenSlices, type OpenSlices } from './slices-api.ts'

const NAMESPACE = 'node-doctor'
const RULES = [
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'], namespaces: [NAMESPACE] },
]

let fake: FakeApiServer
let folder: string

/** Makes it there. */
function post(path: string, body: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' }
  const asked = request(new URL(path, fake.url), { method: 'POST', ca: fake.ca, headers }, (response) => {
    const { statusCode } = response
    if (statusCode === 201) response.resume().once('end', resolve)
    else reject(new Error(`${path} was answered with ${statusCode}`))
  })
  asked.once('error', reject)
  asked.end(JSON.stringify(body))
  return promise
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nd-n-peers-'))
  const tokens = { admin: { name: 'admin', rules: 'all' }, peers: { name: 'peers', rules: RULES } } as const
  fake = await startFakeApiServer({ tls: true, tokens })
  await Promise.all(
    Object.entries({ token: 'peers', namespace: NAMESPACE, 'ca.crt': fake.ca }).map(([name, text]) =>
      writeFile(join(folder, name), text ?? ''),
    ),
  )
  const labels = { 'kubernetes.io/service-name': 'node-doctor-peers' }
  const endpoints = [1, 2, 3].map((number) => ({
    addresses: [`10.0.0.${number}`],
    conditions: { ready: true, serving: number !== 3 },
    nodeName: `n${number}`,
    zone: 'a',
  }))
  await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  await post(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'node-doctor-peers-x', namespace: NAMESPACE, labels },
    addressType: 'IPv4',
    ports: [{ name: 'kubelet', protocol: 'TCP', port: 10_250 }],
    endpoints,
  })
}, 30_000)
afterAll(async () => {
  await fake?.close()
  await rm(folder, { recursive: true })
})

async function knownBy(open: OpenSlices, place: string) {
  const clock = fakeClock()
  const pool = createSlicePool({
    places: [place],
    port: 10_250,
    nodeName: 'n1',
    own: () => Promise.resolve({ addresses: new Set<string>(), lacks: new Set<never>() }),
    open,
    budget: createBudget(clock, 6),
    clock,
    random: () => 0.5,
  })
  const known = await pool.current(new AbortController().signal)
  return known.ok ? known.value.peers.map(({ address }) => address) : `${known.reason}: ${known.message}`
}
const env = () => ({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(fake.url).port })

describe('peers by the API', () => {
  it.each(['node-doctor-peers', 'node-doctor/node-doctor-peers', 'node-doctor-peers-x'])(
    'are those that serve, without this node: %s',
    async (place) => {
      expect(await knownBy(createOpenSlices(env(), folder), place)).toEqual(['10.0.0.2'])
    },
  )

  it('of another namespace need a right there', async () => {
    expect(await knownBy(createOpenSlices(env(), folder), 'kube-system/kubelet')).toMatch(/^APIServerRefuses: .*403/)
  })

  it('are not known without a token, with what to mount, and no file of the user is looked at', async () => {
    const missing = await knownBy(createOpenSlices(env(), join(folder, 'nowhere')), 'node-doctor-peers')
    expect(missing).toMatch(/^NoCredentials: .*nowhere\/.*ENOENT.*; mount the token of an account/)
    const alone = await knownBy(createOpenSlices({ KUBECONFIG: '/etc/hosts', HOME: '/root' }, folder), 'x')
    expect(alone).toMatch(/^NoCredentials: .*this is no pod/)
  })

  it('tell nobody the token who is not the cluster’s server', async () => {
    const other = await startFakeApiServer({ tls: true })
    try {
      const { port } = new URL(other.url)
      const open = createOpenSlices({ ...env(), KUBERNETES_SERVICE_PORT: port }, folder)
      expect(await knownBy(open, 'node-doctor-peers')).toMatch(/^CertificateUnverified: /)
      expect(other.requests).toEqual([])
    } finally {
      await other.close()
    }
  })
})
