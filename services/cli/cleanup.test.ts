import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { fakeClock } from '../../libs/clock/testing.ts'
import { type FakeApiServer, startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import { createApi } from '../../test/kube/api.ts'
import { runCommand, runCommandBy } from './testing.ts'

const finished: (() => Promise<void>)[] = []
afterEach(async () => {
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

const types = (api: FakeApiServer) => api.node('n1')?.status?.conditions?.map(({ type }) => type)

describe('node-doctor cleanup', () => {
  it('takes off what is ours, says what, and leaves the rest', async () => {
    const { api, kubeconfig } = await scene()
    const { code, out } = await runCommand('cleanup', '--all-nodes', '--kubeconfig', kubeconfig)
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
    const of = (...more: string[]) => runCommand('cleanup', '--all-nodes', '--kubeconfig', kubeconfig, ...more)
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

  it('takes off our cordon and our taints, and leaves the cordon and the taints of others', async () => {
    const { api, kubeconfig } = await scene()
    const taints = [
      { key: 'theirs', effect: 'NoExecute' },
      { key: 'node-doctor.io/unhealthy', effect: 'NoSchedule' },
    ]
    api.setNode('n1', (node) => {
      const annotations = {
        'node-doctor.io/cordoned': 'a-1',
        'node-doctor.io/tainted': 'node-doctor.io/unhealthy:NoSchedule',
      }
      node.metadata.annotations = { ...node.metadata.annotations, ...annotations }
      node.spec = { unschedulable: true, taints }
    })
    api.setNode('n2', (node) => {
      node.spec = { unschedulable: true, taints }
    })
    const of = (...more: string[]) => runCommand('cleanup', '--all-nodes', '--kubeconfig', kubeconfig, ...more)
    const whole =
      '1 conditions (DiskFull) and 2 annotations, and our cordon and 1 taints (node-doctor.io/unhealthy:NoSchedule)\n'
    expect((await of('--dry-run')).out).toBe(`n1: would remove ${whole}n2: nothing of ours\n`)
    expect(api.node('n1')?.spec?.unschedulable).toBe(true)
    expect(await of()).toMatchObject({ code: 0, out: `n1: removed ${whole}n2: nothing of ours\n` })
    expect(api.node('n1')?.spec).toEqual({ taints: [taints[0]] })
    expect(api.node('n1')?.metadata.annotations).toEqual({ mine: 'x' })
    expect(api.node('n2')?.spec).toEqual({ unschedulable: true, taints })
  })

  it('takes off the mark alone where a person has uncordoned, or cordoned, the node since', async () => {
    const { api, kubeconfig } = await scene()
    const fieldsV1 = { 'f:spec': { 'f:unschedulable': {} } }
    for (const [name, unschedulable] of [
      ['n1', undefined],
      ['n2', true],
    ] as const)
      api.setNode(name, (node) => {
        const managedFields = [{ manager: 'kubectl-cordon', fieldsV1 }]
        Object.assign(node.metadata, { annotations: { 'node-doctor.io/cordoned': 'a-1' }, managedFields })
        node.spec = unschedulable === undefined ? {} : { unschedulable }
      })
    const { out } = await runCommand('cleanup', '--all-nodes', '--kubeconfig', kubeconfig)
    expect(out).toBe('n1: removed 1 marks of repairs\nn2: removed 1 marks of repairs\n')
    expect(api.node('n2')?.spec?.unschedulable).toBe(true)
    for (const name of ['n1', 'n2']) expect(api.node(name)?.metadata.annotations ?? {}).toEqual({})
  })

  it('patches the node as it is, and again where its kubelet was in between', async () => {
    const { api, kubeconfig } = await scene()
    api.setNode('n2', (node) => {
      node.metadata.annotations = { 'node-doctor.io/cordoned': 'a-1' }
      node.spec = { unschedulable: true }
    })
    api.faults.add({ method: 'PATCH', path: /n2$/, status: 409, times: 1 })
    const { code } = await runCommand('cleanup', '--node', 'n2', '--kubeconfig', kubeconfig)
    expect([code, api.node('n2')?.spec]).toEqual([0, {}])
  })

  it('ends also what repairs, and deletes the Leases of its namespace, and nobody else’s', async () => {
    const { api, kubeconfig } = await scene()
    const kube = createApi(api)
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    const lease = (name: string, metadata: object) => kube.post(leases, { metadata: { name, ...metadata }, spec: {} })
    const labels = { 'app.kubernetes.io/part-of': 'node-doctor' }
    await lease('node-doctor-remediation-0', { labels, annotations: { 'node-doctor.io/attempt': 'a-1' } })
    await lease('theirs', {})
    await lease('kept', { labels })
    for (const name of ['nd', 'nd-remediation'])
      await kube.post('/apis/apps/v1/namespaces/default/daemonsets', {
        metadata: { name },
        spec: {
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      })
    const of = (...more: string[]) =>
      runCommand('cleanup', '--all-nodes', '--daemonset', 'default/nd', '--kubeconfig', kubeconfig, ...more)
    expect((await of('--dry-run')).out).toContain('would delete 1 Leases in default (node-doctor-remediation-0)\n')
    const { code, out } = await of()
    expect([code, out.split('\n').filter((line) => line.includes('deleted'))]).toEqual([
      0,
      [
        'deleted DaemonSet default/nd-remediation; waiting until its pods have ended',
        'deleted DaemonSet default/nd; waiting until its pods have ended',
        'deleted 1 Leases in default (node-doctor-remediation-0)',
      ],
    ])
    const { body } = await kube.get(leases)
    expect((body.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)).toEqual([
      'kept',
      'theirs',
    ])
  })

  it('only says what it would do when asked so', async () => {
    const { api, kubeconfig } = await scene()
    const { out } = await runCommand('cleanup', '--node', 'n1', '--dry-run', '--kubeconfig', kubeconfig)
    expect(out).toBe('n1: would remove 1 conditions (DiskFull) and 2 annotations\n')
    expect(types(api)).toContain('DiskFull')
  })

  it('goes on where the DaemonSet is gone already', async () => {
    const { kubeconfig } = await scene()
    const set = ['--daemonset', 'node-doctor/nd', '--kubeconfig', kubeconfig]
    const { code, out, err } = await runCommand('cleanup', '--node', 'n2', ...set)
    expect([code, out]).toEqual([0, 'n2: nothing of ours\n'])
    expect(err).toBe('warning: there is no DaemonSet node-doctor/nd; pods of another one write again\n')
  })

  it('ends with 1 and goes on when one node cannot be cleaned', async () => {
    const { api, kubeconfig } = await scene()
    api.setNode('n2', (node) => {
      node.metadata.annotations = { 'node-doctor.io/conditions': 'X' }
    })
    api.faults.add({ method: 'PATCH', path: /n1/, status: 403 })
    const { code, out, err } = await runCommand('cleanup', '--all-nodes', '--kubeconfig', kubeconfig)
    expect([code, out]).toEqual([1, 'n2: removed 0 conditions and 1 annotations\n'])
    expect(err).toContain('n1: patch nodes/status n1 was answered with 403 Forbidden')
  })

  it('says what is wrong with its command line', async () => {
    vi.stubEnv('NODE_NAME', '')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { kubeconfig } = await scene()
    expect(await runCommand('cleanup', '--kubeconfig', kubeconfig)).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected --node NAME or --all-nodes') as unknown,
    })
    expect(await runCommand('cleanup', '--all-node')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean --all-nodes?') as unknown,
    })
    expect(await runCommand('cleanup', '--node', 'x', '--daemonset', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected NAMESPACE/NAME') as unknown,
    })
    expect(await runCommand('cleanup', '--node', 'x', '--all-nodes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('not both') as unknown,
    })
  })

  it('of a node that is not there deletes no DaemonSet', async () => {
    const { api, kubeconfig } = await scene()
    const { code } = await runCommand(
      'cleanup',
      '--node',
      'n9',
      '--daemonset',
      'node-doctor/nd',
      '--kubeconfig',
      kubeconfig,
    )
    expect(code).toBe(1)
    expect(api.requests.some(({ resource }) => resource === 'daemonsets')).toBe(false)
  })

  it('says when there is no way to the API server', async () => {
    const { code, err } = await runCommand('cleanup', '--node', 'x', '--kubeconfig', '/nowhere')
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('node-doctor cleanup: cannot find the way to the API server in kubeconfig /nowhere'),
    ])
  })

  describe('with a DaemonSet whose pods take their time', () => {
    const POD = '/api/v1/namespaces/default/pods/one'

    /** Asked of a server that has the set and one of its pods, by a clock that stands. */
    async function asked() {
      const { api, kubeconfig } = await scene()
      const [kube, clock, labels] = [createApi(api), fakeClock(), { app: 'nd' }]
      const containers = [{ name: 'c', image: 'i' }]
      await kube.post('/apis/apps/v1/namespaces/default/daemonsets', {
        metadata: { name: 'nd' },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
      })
      await kube.post('/api/v1/namespaces/default/pods', { metadata: { name: 'one', labels }, spec: { containers } })
      const set = ['--daemonset', 'default/nd', '--kubeconfig', kubeconfig]
      const ran = runCommandBy(clock, 'cleanup', '--node', 'n1', ...set)
      await expect.poll(() => clock.sleeping, { timeout: 10_000, interval: 5 }).toBe(1)
      return { kube, clock, ran }
    }

    it('waits until they have ended', async () => {
      const { kube, clock, ran } = await asked()
      await kube.delete(POD)
      await clock.advance(1000)
      const { code, out } = await ran
      expect([code, out.split('\n')]).toEqual([
        0,
        [
          'deleted DaemonSet default/nd; waiting until its pods have ended',
          'n1: removed 1 conditions (DiskFull) and 2 annotations',
          '',
        ],
      ])
    })

    it('goes on after two minutes, and says who may write again', async () => {
      const { clock, ran } = await asked()
      await clock.advance(121_000)
      const { code, out } = await ran
      expect(code).toBe(0)
      expect(out).toContain('warning: still there after 120 s, and may write again: one\n')
    })
  })
})
