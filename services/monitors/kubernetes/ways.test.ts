/** By which account the checks of this monitor ask the API server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createWays } from './ways.ts'

const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: nd
clusters: [{ name: c, cluster: { server: "https://192.0.2.7:6443" } }]
users: [{ name: u, user: { token: secret } }]
contexts: [{ name: nd, context: { cluster: c, user: u } }]
`

test('the file that the configuration names goes before everything else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nd-ways-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, KUBECONFIG)
  const access = await createWays({ kubeconfig }).access()
  expect([access.server, access.origin]).toEqual(['https://192.0.2.7:6443', `kubeconfig ${kubeconfig}, context nd`])
})

test('a file that cannot be read is told, and looked for again the next time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nd-ways-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const kubeconfig = join(folder, 'kubeconfig')
  const ways = createWays({ kubeconfig })
  await expect(ways.access()).rejects.toThrow(`kubeconfig ${kubeconfig}: ENOENT`)
  await writeFile(kubeconfig, KUBECONFIG)
  expect((await ways.access()).server).toBe('https://192.0.2.7:6443')
})
