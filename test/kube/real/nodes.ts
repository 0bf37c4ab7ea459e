/** Nodes of a real API server, and an exporter that writes one of them with the rights that docs/rbac.md gives it. */
import { badCondition } from '../../../services/k8s-exporter/testing-exporter.ts'
import { until } from '../../e2e/constellation.ts'
import { type KubeScene, startKubeScene } from '../../e2e/kube-exporter.ts'
import type { FakeCondition, FakeNode } from '../../fakes/kube-apiserver/types.ts'
import { createApi } from '../api.ts'
import type { RealApiServer } from '../real-server.ts'

export interface RealNode {
  readonly name: string
  read(): Promise<FakeNode>
  condition(type: string): Promise<FakeCondition | undefined>
  /** Its conditions, without those named. */
  types(...without: string[]): Promise<string[]>
  annotation(key: string): Promise<string | undefined>
  /** As another writer would, or a person. */
  patch(body: unknown): Promise<void>
  /** Patches of this server's nodes' statuses, by its own count. */
  patches(): Promise<number>
}

export async function makeNode(server: RealApiServer, name: string): Promise<RealNode> {
  const api = createApi(server)
  const path = `/api/v1/nodes/${name}`
  const made = await api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
  if (made.status !== 201) throw new Error(`node ${name}: ${JSON.stringify(made.body)}`)
  const read = async (): Promise<FakeNode> => (await api.get(path)).body as FakeNode
  const conditions = async () => (await read()).status?.conditions ?? []
  return {
    name,
    read,
    condition: async (type) => (await conditions()).find((one) => one.type === type),
    types: async (...without) => (await conditions()).map(({ type }) => type).filter((type) => !without.includes(type)),
    annotation: async (key) => (await read()).metadata.annotations?.[`node-doctor.io/${key}`],
    async patch(body) {
      const { status, body: said } = await api.patch(`${path}/status`, body)
      if (status !== 200) throw new Error(`node ${name}: ${JSON.stringify(said)}`)
    },
    async patches() {
      const lines = String((await api.get('/metrics')).body).split('\n')
      const ours = ['apiserver_request_total{', 'resource="nodes"', 'subresource="status"', 'verb="PATCH"']
      return lines
        .filter((line) => ours.every((part) => line.includes(part)))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    },
  }
}

/** Once it writes: MemoryLow, which no test speaks of again, stands on the node. */
export async function startWriter(
  server: RealApiServer,
  node: RealNode,
  finished: (() => Promise<void>)[],
  set: Readonly<Record<string, string>> = {},
): Promise<KubeScene> {
  const { token } = await server.addUser([
    { verbs: ['get'], resources: ['nodes'] },
    { verbs: ['patch'], resources: ['nodes/status'] },
    { verbs: ['create', 'patch'], resources: ['events'], namespaces: ['default'] },
  ])
  const api = { ...server, writeKubeconfig: (path: string) => server.writeKubeconfig(path, token) }
  const scene = await startKubeScene({ api, nodeName: node.name, set })
  finished.push(() => scene.close())
  await scene.detector.condition(badCondition({ type: 'MemoryLow', entity: '' }))
  await until('the first condition', async () => (await node.condition('MemoryLow'))?.status === 'True', 30_000)
  return scene
}
