import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FakeApiServer, startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import { runCli } from './cli.ts'

const finished: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const work of finished.splice(0).reverse()) await work()
})

async function scene(): Promise<{ api: FakeApiServer; kubeconfig: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-cleanup-'))
  finished.push(() => rm(dir, { recursive: true, force: true }))
  const api = await startFakeApiServer({ nodes: ['n1', 'n2'] })
  finished.push(() => api.close())
  const kubeconfig = join(dir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  api.setNode('n1', (node) => {
    node.metadata.annotations = {
      'node-doctor.io/conditions': 'DiskFull',
      'node-doctor.io/status': 'problem',
      mine: 'x',
    }
    node.status = {
      ...node.status,
      conditions: [
        ...(node.status?.conditions ?? []),
        { type: 'DiskFull', status: 'True' },
        { type: 'Theirs', status: 'True' },
      ],
    }
  })
  return { api, kubeconfig }
}

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text)
    return true
  })
  const code = await runCli(argv)
  vi.restoreAllMocks()
  return { code, ...said }
}

const types = (api: FakeApiServer) => api.node('n1')?.status?.conditions?.map(({ type }) => type)

describe('node-doctor cleanup', () => {
  it('takes off what is ours, says what, and leaves the rest', async () => {
    const { api, kubeconfig } = await scene()
    const { code, out } = await cli('cleanup', '--all-nodes', '--kubeconfig', kubeconfig)
    expect([code, out]).toEqual([0, 'n1: removed 1 conditions (DiskFull) and 2 annotations\nn2: nothing of ours\n'])
    expect(types(api)).not.toContain('DiskFull')
    expect(types(api)).toEqual(expect.arrayContaining(['Ready', 'Theirs']))
    expect(api.node('n1')?.metadata.annotations).toEqual({ mine: 'x' })
  })

  it('takes what its own installation marked, and leaves what another one did', async () => {
    const { api, kubeconfig } = await scene()
    const mark = (node: string, installation: string) =>
      api.setNode(node, (one) => {
        one.metadata.annotations = {
          'node-doctor.io/conditions': 'DiskFull',
          'node-doctor.io/installation': installation,
        }
      })
    mark('n1', 'a/nd')
    mark('n2', 'b/nd')
    const of = (...more: string[]) => cli('cleanup', '--all-nodes', '--kubeconfig', kubeconfig, ...more)
    expect(await of()).toEqual({
      code: 1,
      err: '',
      out:
        'n1: left alone, it is of the installation a/nd; --installation a/nd takes that off\n' +
        'n2: left alone, it is of the installation b/nd; --installation b/nd takes that off\n',
    })
    expect(await of('--daemonset', 'b/nd')).toMatchObject({
      code: 0,
      out:
        'n1: left alone, it is of the installation a/nd; --installation a/nd takes that off\n' +
        'n2: removed 0 conditions and 2 annotations\n',
    })
    expect(types(api)).toContain('DiskFull')
    expect((await of('--installation', 'a/nd')).out).toBe(
      'n1: removed 1 conditions (DiskFull) and 2 annotations\nn2: nothing of ours\n',
    )
    expect(types(api)).not.toContain('DiskFull')
  })

  it('only says what it would do when asked so', async () => {
    const { api, kubeconfig } = await scene()
    const { out } = await cli('cleanup', '--node', 'n1', '--dry-run', '--kubeconfig', kubeconfig)
    expect(out).toBe('n1: would remove 1 conditions (DiskFull) and 2 annotations\n')
    expect(types(api)).toContain('DiskFull')
  })

  it('goes on where the DaemonSet is gone already', async () => {
    const { kubeconfig } = await scene()
    const set = ['--daemonset', 'node-doctor/nd', '--kubeconfig', kubeconfig]
    const { code, out, err } = await cli('cleanup', '--node', 'n2', ...set)
    expect([code, out]).toEqual([0, 'n2: nothing of ours\n'])
    expect(err).toBe('warning: there is no DaemonSet node-doctor/nd; pods of another one write again\n')
  })

  it('ends with 1 and goes on when one node cannot be cleaned', async () => {
    const { api, kubeconfig } = await scene()
    api.setNode('n2', (node) => {
      node.metadata.annotations = { 'node-doctor.io/conditions': 'X' }
    })
    api.faults.add({ method: 'PATCH', path: /n1/, status: 403 })
    const { code, out, err } = await cli('cleanup', '--all-nodes', '--kubeconfig', kubeconfig)
    expect([code, out]).toEqual([1, 'n2: removed 0 conditions and 1 annotations\n'])
    expect(err).toContain('n1: patch nodes/status n1 was answered with 403 Forbidden')
  })

  it('says what is wrong with its command line', async () => {
    vi.stubEnv('NODE_NAME', '')
    const { kubeconfig } = await scene()
    expect(await cli('cleanup', '--kubeconfig', kubeconfig)).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected --node NAME or --all-nodes') as unknown,
    })
    expect(await cli('cleanup', '--all-node')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean --all-nodes?') as unknown,
    })
    expect(await cli('cleanup', '--node', 'x', '--daemonset', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected NAMESPACE/NAME') as unknown,
    })
    expect(await cli('cleanup', '--node', 'x', '--all-nodes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('not both') as unknown,
    })
    vi.unstubAllEnvs()
  })

  it('of a node that is not there deletes no DaemonSet', async () => {
    const { api, kubeconfig } = await scene()
    const { code } = await cli('cleanup', '--node', 'n9', '--daemonset', 'node-doctor/nd', '--kubeconfig', kubeconfig)
    expect(code).toBe(1)
    expect(api.requests.some(({ resource }) => resource === 'daemonsets')).toBe(false)
  })

  it('says when there is no way to the API server', async () => {
    const { code, err } = await cli('cleanup', '--node', 'x', '--kubeconfig', '/nowhere')
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('node-doctor cleanup: cannot find the way to the API server in kubeconfig /nowhere'),
    ])
  })
})
