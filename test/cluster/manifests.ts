/** What is installed: an overlay, with the image to try and checks that look often enough for a drill. */
import { parseAllDocuments, stringify } from 'yaml'
import { run } from '../compose/exec.ts'

interface KubeObject {
  kind: string
  metadata: { name: string; namespace?: string }
  data?: Record<string, string>
  spec?: { template?: { spec?: { containers?: Container[]; initContainers?: Container[] } } }
}

interface Container {
  image: string
}

const MONITORS = `
monitors:
  - { name: cpu, type: system-cpu, interval: 10s, timeout: 5s }
  - { name: memory, type: system-memory, interval: 10s, timeout: 5s }
  - { name: disk, type: disk-health-check, interval: 2s, timeout: 1500ms }
  - { name: pressure, type: system-pressure, interval: 10s, timeout: 5s }
  - { name: processes, type: system-processes, interval: 10s, timeout: 5s }
  - { name: clock, type: system-clock, interval: 10s, timeout: 5s }
  - { name: interfaces, type: system-interfaces, interval: 10s, timeout: 5s }
  - { name: kernel-log, type: log-kernel }
`

/** The overlay's objects, with another image. */
export function render(overlay: string, image: string): string {
  const text = run(['kubectl', 'kustomize', overlay])
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
  for (const object of objects) {
    const pod = object.spec?.template?.spec
    for (const container of [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])]) {
      if (/(^|\/)node-(doctor|problem-detector)(:|@|$)/.test(container.image)) container.image = image
    }
    const config = object.kind === 'ConfigMap' ? object.data?.['config.yaml'] : undefined
    if (config !== undefined && object.data !== undefined && !/^monitors:/m.test(config))
      object.data['config.yaml'] = config + MONITORS
  }
  return objects.map((object) => stringify(object)).join('---\n')
}
