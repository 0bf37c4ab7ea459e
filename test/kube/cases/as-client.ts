/** libs/kube at the server under test. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accessAt, createKubeClient, findAccess, type KubeClient, type RequestRecord } from '#kube'
import type { Use } from './use.ts'

/** How it asks; `server` is another address of the same server. */
export interface AsOptions {
  readonly server?: string
  readonly onRequest?: (record: RequestRecord) => void
}

/** Asks as the one with this token does. */
export async function asClient<T>(
  use: Use,
  token: string,
  work: (client: KubeClient) => Promise<T>,
  { server, onRequest = () => undefined }: AsOptions = {},
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-kube-client-'))
  const file = join(dir, 'kubeconfig')
  await use().server.writeKubeconfig(file, token)
  const found = await findAccess({ kubeconfig: file, env: {} })
  const access = server === undefined ? found : accessAt(found, server)
  const client = createKubeClient({ access, userAgent: 'node-doctor/test', timeoutMs: 5000, onRequest })
  try {
    return await work(client)
  } finally {
    client.close()
    await rm(dir, { recursive: true })
  }
}
