/** `plugins[]` as they are used. */
import { inForce } from './in-force.ts'
import { sitesOf } from './monitor-entries.ts'
import type { Placed } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import type { Tree } from './tree/tree.ts'
import type { PluginEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'

/**
 * Those that are enabled; entries without a name or a socket, which are faults already, are left out.
 * @param schema of one item of `plugins`
 */
export function placedPlugins(doc: Document, tree: Tree, schema: JsonSchema): Placed<PluginEntry>[] {
  const sites = sitesOf(tree, 'plugins')
  return doc.plugins.flatMap((written, index) => {
    const site = sites[index]
    const { enabled, socketAddress, ...plugin } = inForce(schema, written)
    if (site === undefined || !enabled || typeof plugin.name !== 'string' || typeof socketAddress !== 'string')
      return []
    const entry: PluginEntry = {
      ...plugin,
      socketPath: socketAddress.replace(/^unix:(\/\/)?/, ''),
      conditions: plugin.conditions.filter(({ type }) => typeof type === 'string'),
      origin: site.node.place.origin,
    }
    return [{ ...site, entry }]
  })
}
