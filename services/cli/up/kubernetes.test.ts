import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { GetStatusResponse } from '#proto/nodedoctor/v1/exporter.ts'
import { createExporterRpc, type RpcServer, serveUnix } from '#rpc'
import { askKubernetes } from './kubernetes.ts'

let dir = ''
let server: RpcServer | undefined
afterEach(async () => {
  await server?.close(0)
  await rm(dir, { recursive: true, force: true })
})

async function asked(status: { endpoints?: string[]; lastError?: string }): Promise<string> {
  dir = await mkdtemp(join(tmpdir(), 'nd-kube-'))
  const socket = join(dir, 'k.sock')
  server = await serveUnix({
    path: socket,
    services: [createExporterRpc(() => GetStatusResponse.fromPartial(status))],
    serving: () => true,
  })
  return askKubernetes({ nodeName: 'n1', isEnabled: true, socket })
}

describe('what up says of Kubernetes', () => {
  it('is the server that is told, as the exporter says it', async () => {
    expect(await asked({ endpoints: ['https://10.96.0.1:443'] })).toBe('is told of node n1, at https://10.96.0.1:443')
  })

  it('is that nobody is told where there is no way to a server, and what to set', async () => {
    const lastError =
      'cannot find the way to the API server in the environment: this is no pod (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig is named; set settings.kubeconfig (--set settings.kubeconfig=FILE; of cleanup --kubeconfig FILE), or KUBECONFIG'
    expect(await asked({ lastError })).toBe(`is not told of node n1: ${lastError}`)
  })

  it('is why a server that is known is told nothing', async () => {
    expect(await asked({ endpoints: ['https://a:6443'], lastError: 'no answer\u001b[2J: ECONNREFUSED' })).toBe(
      'is not told yet of node n1, at https://a:6443: no answer[2J: ECONNREFUSED',
    )
  })

  it('is what was not asked for', async () => {
    expect(await askKubernetes({ nodeName: 'n1', isEnabled: false, socket: undefined })).toBe(
      'is not told of node n1: exporters.kubernetes.enabled is false; --set exporters.kubernetes.enabled=true changes that',
    )
    expect(await askKubernetes({ nodeName: 'n1', isEnabled: true, socket: undefined })).toBe(
      'is not told of node n1: k8s-exporter is not among --services',
    )
    expect(await askKubernetes({ nodeName: 'n1', isEnabled: true, socket: '/nowhere/k.sock' })).toMatch(
      /^may not be told of node n1: k8s-exporter does not answer on \/nowhere\/k\.sock \(.*\); its lines with --verbose say why$/,
    )
  })
})
