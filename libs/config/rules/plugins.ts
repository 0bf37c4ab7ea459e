/** Two plug-ins at one socket are one plug-in; a name of ours is ours. */
import type { PluginEntry } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import { type Placed, spotOf, writtenName } from './spot.ts'

/** @param taken names of our own services and monitors */
export function checkPlugins(plugins: readonly Placed<PluginEntry>[], taken: readonly string[], run: Run): void {
  const sockets = new Map<string, Spot>()
  for (const { entry, spot, node } of plugins) {
    const at = spotOf(spot, node, writtenName(node, 'socketAddress', 'socketPath') ?? 'socketAddress')
    const first = sockets.get(entry.socketPath)
    if (first === undefined) sockets.set(entry.socketPath, at)
    else run.fault(at, `"${entry.socketPath}" is asked already, at ${first.place.where}; expected another socket`)
    if (taken.includes(entry.name)) {
      run.fault(spotOf(spot, node, 'name'), `"${entry.name}" is a name of Node Doctor's own; expected another`)
    }
  }
}
