import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeNode, NODES, type Use } from './use.ts'

export function defineLifeCases(use: Use): void {
  it('cuts who watches, refuses who asks, and leaves everything as it was', async () => {
    const node = await makeNode(use)
    const path = `${NODES}/${node.metadata.name}`
    const watch = await use().watch(`${NODES}?watch=true&resourceVersion=${node.metadata.resourceVersion}`)
    await use().server.down()
    await expect(watch.next()).rejects.toThrow(/aborted|ECONNRESET/)
    await expect(use().get(path)).rejects.toThrow(/ECONNREFUSED/)
    await use().server.up()
    expect((await use().get(path)).body).toEqual(node)
  })

  it('is written down for clients, with what they trust and who they are', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
    try {
      const { server } = use()
      const path = join(dir, 'kubeconfig')
      await server.writeKubeconfig(path)
      const text = readFileSync(path, 'utf8')
      expect(text).toContain(`server: ${server.url}\n`)
      expect(text).toContain(`token: "${server.adminToken}"\n`)
      expect(text).toContain(`certificate-authority-data: ${Buffer.from(server.ca ?? '').toString('base64')}\n`)
      const { token } = await server.addUser([{ verbs: ['get'], resources: ['nodes'] }])
      await server.writeKubeconfig(path, token)
      expect(readFileSync(path, 'utf8')).toContain(`token: "${token}"\n`)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
}
