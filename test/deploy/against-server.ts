/**
 * Has a real API server take all that is shipped, with strict field validation, and keep nothing of it:
 *   KUBECONFIG=… node test/deploy/against-server.ts
 * Kinds of the Prometheus operator are left out; the server need not know them. Exit code 1: something was refused.
 */
import { stringify } from 'yaml'
import { everything, idOf, type KubeObject, run } from './objects.ts'

/** Names that no installation has, in a namespace that every cluster has. */
function moved(object: KubeObject): KubeObject {
  const { metadata, kind } = object
  const namespace = metadata.namespace === undefined ? {} : { namespace: 'default' }
  return { ...object, metadata: { ...metadata, ...namespace, name: `dry-${kind.toLowerCase()}-${metadata.name}` } }
}

let refused = 0
for (const [name, render] of Object.entries(everything())) {
  const objects = render().filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'))
  for (const object of objects) {
    try {
      run('kubectl', ['create', '--dry-run=server', '--validate=strict', '--filename', '-'], stringify(moved(object)))
    } catch (err) {
      refused++
      process.stderr.write(`${name}: ${idOf(object)}: ${err instanceof Error ? err.message : String(err)}\n`)
    }
  }
  process.stdout.write(`${name}: ${objects.length} objects\n`)
}
process.exitCode = refused === 0 ? 0 : 1
