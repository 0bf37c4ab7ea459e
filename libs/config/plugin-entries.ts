/** `plugins[]` as they are used. */
import { normalize } from 'node:path'
import { type InForce, inForce } from './in-force.ts'
import { sitesOf } from './monitor-entries.ts'
import type { Placed } from './rules/spot.ts'
import type { Document } from './schema/document.ts'
import type { Origin, Tree } from './tree/tree.ts'
import type { PluginEntry, RemediationEntry } from './types.ts'
import type { JsonSchema } from './walk/json-schema.ts'

type Written = InForce<Document['plugins'][number]>

/**
 * Those that are enabled; entries without a name or a socket, which are faults already, are left out.
 * @param schema of one item of `plugins`
 */
export function placedPlugins(doc: Document, tree: Tree, schema: JsonSchema): Placed<PluginEntry>[] {
  const sites = sitesOf(tree, 'plugins')
  return doc.plugins.flatMap((written, index) => {
    const site = sites[index]
    const plugin = inForce(schema, written)
    const { enabled, name, socketAddress } = plugin
    if (site === undefined || !enabled || typeof name !== 'string' || typeof socketAddress !== 'string') return []
    return [{ ...site, entry: pluginEntry(plugin, site.node.place.origin) }]
  })
}

/** With keys of the other form where they are in force. */
export function pluginEntry(written: Written, origin: Origin): PluginEntry {
  const {
    enabled: _on,
    socketAddress,
    reconnectIntervalMs,
    maxReconnectAttempts,
    healthCheckIntervalMs,
    bufferSize: _size,
    rules: _rules,
    remediation,
    ...plugin
  } = written
  const { retryPolicy, healthCheck } = plugin
  return {
    ...plugin,
    remediation: remediation as RemediationEntry | undefined,
    socketPath: plainSocket(socketAddress),
    retryPolicy: {
      ...retryPolicy,
      ...(maxReconnectAttempts !== undefined && { maxAttempts: maxReconnectAttempts }),
      ...(reconnectIntervalMs !== undefined && {
        backoffMultiplier: 1,
        initialBackoffMs: reconnectIntervalMs,
        maxBackoffMs: reconnectIntervalMs,
      }),
    },
    healthCheck: { ...healthCheck, intervalMs: healthCheckIntervalMs ?? healthCheck.intervalMs },
    conditions: plugin.conditions.filter(({ type }) => typeof type === 'string'),
    origin,
  }
}

/** A path without what gRPC writes before it. */
export function plainSocket(address: string): string {
  return address.replace(/^unix:(\/\/)?/, '')
}

/** The same of every spelling of a path, to compare by alone: a `..` behind a link leads elsewhere. */
export function oneSpelling(socketPath: string): string {
  return normalize(socketPath)
}
