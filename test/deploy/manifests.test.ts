import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { byId, everything, golden, idOf, type KubeObject, kustomize, overlay, plainManifest } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

const OPERATOR = loadSchemas('prometheus-operator')
/** The newest, and the oldest that is supported (docs/deploying.md). */
const RELEASES = {
  'Kubernetes 1.37': loadSchemas('kubernetes-1.37'),
  'Kubernetes 1.20': loadSchemas('kubernetes-1.20'),
}
const RENDERED = Object.entries({
  ...everything(),
  'prometheus-rule': () =>
    kustomize(join(import.meta.dirname, 'fixtures/prometheus-rule'), '--load-restrictor', 'LoadRestrictionsNone'),
})

describe.each(RENDERED)('%s', (name, render) => {
  const objects = render()

  it.each(Object.entries(RELEASES))('is valid for %s, without a field that it does not know', (_, schemas) => {
    expect(
      objects.flatMap((object) => validate([schemas, OPERATOR], object).map((fault) => `${idOf(object)}: ${fault}`)),
    ).toEqual([])
  })

  it('is what it was', () => {
    expect(byId(objects)).toEqual(golden(name, objects))
  })
})

describe('the one plain manifest', () => {
  it('is the overlay `default`, for who has kubectl apply -f and no kustomization', () => {
    expect(byId(plainManifest())).toEqual(byId(overlay('default')))
  })

  it('begins with the namespace that the rest stands in', () => {
    expect(plainManifest()[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'node-doctor' } })
  })
})

describe('a manifest that is wrong', () => {
  const [pod] = overlay('default').filter(({ kind }) => kind === 'DaemonSet')

  it('is told with the path of each fault', () => {
    const broken = structuredClone(pod) as unknown as {
      spec: Record<string, unknown> & { template: { spec: Record<string, unknown> } }
    }
    broken.spec.template.spec['hostNetwrk'] = true
    broken.spec.template.spec['terminationGracePeriodSeconds'] = '30'
    broken.spec.template.spec['volumes'] = [{ emptyDir: { sizeLimit: 'much' } }]
    delete broken.spec['selector']
    expect(validate([RELEASES['Kubernetes 1.37']], broken as unknown as KubeObject)).toEqual([
      'DaemonSet.spec.selector: is missing',
      'DaemonSet.spec.template.spec.terminationGracePeriodSeconds: expected integer, got string',
      'DaemonSet.spec.template.spec.volumes[0].name: is missing',
      'DaemonSet.spec.template.spec.volumes[0].emptyDir.sizeLimit: "much" is no quantity',
      'DaemonSet.spec.template.spec.hostNetwrk: unknown field',
    ])
  })

  it('is told where a release is too old for a field', () => {
    const newer = structuredClone(pod) as unknown as { spec: { template: { spec: Record<string, unknown> } } }
    newer.spec.template.spec['hostUsers'] = true
    expect(validate([RELEASES['Kubernetes 1.37']], newer as unknown as KubeObject)).toEqual([])
    expect(validate([RELEASES['Kubernetes 1.20']], newer as unknown as KubeObject)).toEqual([
      'DaemonSet.spec.template.spec.hostUsers: unknown field',
    ])
  })

  it('of a kind that nobody published is told as that', () => {
    expect(validate([OPERATOR], { apiVersion: 'v1', kind: 'Pot' })).toEqual(['v1 Pot: no schema of that kind'])
  })
})
