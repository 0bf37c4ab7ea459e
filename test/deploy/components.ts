/** Components beside the overlay, and what their pods mount. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stringify } from 'yaml'
import { find, type KubeObject, kustomize, type Mount, once, type PodSpec, ROOT } from './objects.ts'
import { loadSchemas, validate } from './schema.ts'

/** The overlay `default`, or another, with components beside it, as somebody's own kustomization has them, with what else that says. */
export const withComponent = once(
  (
    names: string | readonly string[],
    more: Readonly<Record<string, string>> = {},
    overlay: string = 'default',
  ): KubeObject[] => {
    const folder = mkdtempSync(join(tmpdir(), 'component-'))
    try {
      const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [relative(folder, join(ROOT, `deploy/kustomize/overlays/${overlay}`))],
        components: [names].flat().map((name) => relative(folder, join(ROOT, 'deploy/kustomize/components', name))),
        ...more,
      }
      writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization))
      return kustomize(folder)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

/** The agent's. */
export function podOf(objects: readonly KubeObject[]): PodSpec {
  const pod = find(objects, 'DaemonSet', 'node-doctor').spec?.template?.spec
  if (pod === undefined) throw new Error('the DaemonSet has no pod')
  return pod
}

/** Container → its mounts that `wanted` takes, in no order. */
export function mounts(pod: PodSpec, wanted: (mount: Mount) => boolean): Record<string, readonly Mount[]> {
  return Object.fromEntries(
    pod.containers
      .map(({ name, volumeMounts = [] }) => {
        const found = volumeMounts.filter(wanted)
        return [name, found.toSorted((a, b) => (a.mountPath < b.mountPath ? -1 : 1))] as const
      })
      .filter(([, found]) => found.length > 0),
  )
}

/** What the API server of a release, as 1.20, would refuse of these objects. */
export function refused(objects: readonly KubeObject[], release: string): readonly string[] {
  const schemas = [loadSchemas(`kubernetes-${release}`)]
  return objects.flatMap((object) => validate(schemas, object))
}
