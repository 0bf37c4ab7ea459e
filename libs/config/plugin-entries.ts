/** `plugins[]` as they are used. */
import { sitesOf } from './monitor-entries.ts'
import type { Placed } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import type { Tree } from './tree/tree.ts'
import type { PluginEntry } from './types.ts'

/** Those that are enabled; entries without a name or a socket, which are faults already, are left out. */
export function placedPlugins(doc: Document, tree: Tree): Placed<PluginEntry>[] {
  const sites = sitesOf(tree, 'plugins')
  return doc.plugins.flatMap((plugin, index) => {
    const site = sites[index]
    const { name, enabled, socketAddress, interval, timeout, parameters, conditions } = plugin
    if (site === undefined || !enabled || typeof name !== 'string' || typeof socketAddress !== 'string') return []
    const entry: PluginEntry = {
      name,
      socketPath: socketAddress.replace(/^unix:(\/\/)?/, ''),
      intervalMs: interval,
      timeoutMs: timeout,
      parameters,
      conditions: conditions.filter(({ type }) => typeof type === 'string'),
      origin: site.node.place.origin,
    }
    return [{ ...site, entry }]
  })
}
