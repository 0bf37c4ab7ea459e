/** For tests: a fake API server with a node and pods, and our client at it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKubeClient, findAccess, type KubeClient } from '#kube'
import { type FakeApiServer, startFakeApiServer } from '../../../test/fakes/kube-apiserver/server.ts'
import { createApi } from '../../../test/kube/api.ts'

/** What a pod is made with. */
export interface PodWish {
  readonly name: string
  readonly node?: string
  /** Kind of its controller. Default ReplicaSet; "": none. */
  readonly owner?: string
  readonly hasEmptyDir?: boolean
  readonly isMirror?: boolean
  /** Of which application it says to be a part. */
  readonly partOf?: string
  readonly phase?: 'Pending' | 'Succeeded'
}

/** A place where pods can be moved. */
export interface Place {
  readonly api: FakeApiServer
  readonly client: KubeClient
  makePod(wish: PodWish): Promise<{ readonly uid: string }>
  /** Names of the pods that were told to end, or are gone, of those that were made. */
  moved(): Promise<string[]>
  close(): Promise<void>
}

/** Listens once this resolves; nodes are w1 and w2. */
export async function createPlace(): Promise<Place> {
  const api = await startFakeApiServer({ nodes: ['w1', 'w2'] })
  const dir = await mkdtemp(join(tmpdir(), 'nd-drain-'))
  const file = join(dir, 'kubeconfig')
  await api.writeKubeconfig(file)
  const access = await findAccess({ kubeconfig: file, env: {} })
  const client = createKubeClient({ access, userAgent: 'node-doctor/test', timeoutMs: 2000 })
  const admin = createApi(api)
  const made: string[] = []
  const pods = '/api/v1/namespaces/default/pods'
  return {
    api,
    client,
    async makePod({ name, node = 'w1', owner = 'ReplicaSet', hasEmptyDir = false, isMirror = false, partOf, phase }) {
      const reference = { apiVersion: 'apps/v1', kind: owner, name: `${name}-owner`, uid: 'o', controller: true }
      const metadata = {
        name,
        ...(partOf === undefined ? {} : { labels: { 'app.kubernetes.io/part-of': partOf } }),
        ...(owner === '' ? {} : { ownerReferences: [reference] }),
        ...(isMirror ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}),
      }
      const volumes = hasEmptyDir ? [{ name: 'scratch', emptyDir: {} }] : []
      const spec = {
        nodeName: node,
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'i' }],
        volumes,
      }
      const { status, body } = await admin.post(pods, { metadata, spec })
      if (status !== 201) throw new Error(`the pod was not made: ${JSON.stringify(body)}`)
      if (phase === undefined) api.setRunning('default', name)
      else if (phase !== 'Pending') await admin.patch(`${pods}/${name}/status`, { status: { phase } })
      made.push(name)
      return { uid: body.metadata.uid }
    },
    async moved() {
      const { body } = await admin.get(pods)
      const standing = new Set(
        body.items
          .filter((pod: { metadata: { deletionTimestamp?: string } }) => pod.metadata.deletionTimestamp === undefined)
          .map((pod: { metadata: { name: string } }) => pod.metadata.name),
      )
      return made.filter((name) => !standing.has(name)).toSorted()
    },
    async close() {
      client.close()
      await api.close()
      await rm(dir, { recursive: true })
    },
  }
}
