/** Image tags can be set for each container alone: a detector works with exporters and monitors of the version before. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { startConstellation, until } from './constellation.ts'
import { previousBuild } from './previous.ts'

const { dist, missing } = previousBuild()
const SERVICES = ['detector', 'system', 'http-exporter']

describe.skipIf(dist === undefined)(`processes of two versions ${missing}`, { concurrent: true }, () => {
  const pairs: [string, string[]][] = [
    ['a new detector with the monitor and the exporter before it', ['system', 'http-exporter']],
    ['the detector before with a new monitor and a new exporter', ['detector']],
    ['a new exporter with the detector and the monitor before it', ['detector', 'system']],
  ]

  it.for(pairs)('%s', async ([, older], { onTestFinished }) => {
    const builds = Object.fromEntries(older.map((name) => [name, dist ?? '']))
    const constellation = await startConstellation({ services: SERVICES, builds })
    onTestFinished(() => constellation.stop())
    await constellation.ready()
    const condition = await until('a condition', () => constellation.condition('MemoryLow'))
    expect(condition.health).not.toBe('unknown')
    // Lost and found again across versions, without a change of what is known.
    constellation.kill('system')
    const again = await until(
      'the monitor again',
      async () => {
        const now = await constellation.condition('MemoryLow')
        return now?.health === condition.health && constellation.starts('system') > 1 && now
      },
      40_000,
    )
    expect(again.since).toBe(condition.since)
  })

  it('a new exporter to Kubernetes with the detector and the monitor before it', async ({ onTestFinished }) => {
    const api = await startFakeApiServer({ nodes: ['test-node'] })
    const folder = await mkdtemp(join(tmpdir(), 'nd-versions-'))
    const kubeconfig = join(folder, 'kubeconfig')
    await api.writeKubeconfig(kubeconfig)
    try {
      const constellation = await startConstellation({
        services: [...SERVICES, 'k8s-exporter'],
        builds: { detector: dist ?? '', system: dist ?? '' },
        config: { settings: { kubeconfig }, exporters: { kubernetes: { enabled: true } } },
      })
      onTestFinished(() => constellation.stop())
      const conditions = () => api.node('test-node')?.status?.conditions?.map(({ type }) => type) ?? []
      await until('conditions on the node', () => conditions().includes('MemoryLow'), 30_000)
      expect(conditions()).toContain('Ready')
    } finally {
      await api.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
