/** An exporter of somebody else's has a socket of its own: two at one would be told everything twice, and a monitor, or a service of ours, is none. */
import { type Named, SERVICES, socketOf } from '#service-table'
import { oneSpelling, plainSocket } from '../plugin-entries.ts'
import type { Document } from '../schema/document.ts'
import { child, type Tree } from '../tree/tree.ts'
import type { PluginEntry } from '../types.ts'
import { at, type Run, type Spot } from '../walk/run.ts'
import { checkWaits } from './plugin-tries.ts'
import { type Placed, rootSpot, spotOf, writtenName } from './spot.ts'

interface Known {
  readonly plugins: readonly Placed<PluginEntry>[]
  readonly tree: Tree
  /** Names of our own services and monitors. */
  readonly taken: readonly string[]
  readonly runDir: string
}

type Written = Document['exporters']['external'][number]

/** Those that are enabled and have a name and a socket, each with its place. */
function placedExporters(written: readonly Written[], tree: Tree): readonly Placed<Written>[] {
  const list = child(child(tree, 'exporters'), 'external')
  const base = spotOf(rootSpot(tree), tree, 'exporters', 'external')
  if (list?.kind !== 'list') return []
  return list.items.flatMap((node, index) => {
    const entry = written[index]
    if (entry === undefined || !entry.enabled) return []
    if (typeof entry.name !== 'string' || typeof entry.socketAddress !== 'string') return []
    return [{ entry, node, spot: at(base, index, entry.name, node.place) }]
  })
}

function socketSpot({ spot, node }: Placed<unknown>): Spot {
  return spotOf(spot, node, writtenName(node, 'socketAddress', 'socketPath') ?? 'socketAddress')
}

/** Who is at each socket, in words with the place where it is written, if it is. */
function takenSockets({ plugins, runDir }: Known): Map<string, string> {
  const services: readonly Named[] = Object.entries(SERVICES).map(([name, { kind }]) => ({ name, kind }))
  return new Map([
    ...services.map(
      (service) => [oneSpelling(socketOf(service, runDir)), `Node Doctor's own ${service.name}`] as const,
    ),
    ...plugins.map((plugin) => {
      const { name, socketPath } = plugin.entry
      return [oneSpelling(socketPath), `plug-in "${name}", at ${socketSpot(plugin).place.where}`] as const
    }),
  ])
}

export function checkExternalExporters({ exporters }: Document, known: Known, run: Run): void {
  const { tree, taken } = known
  const sockets = takenSockets(known)
  for (const exporter of placedExporters(exporters.external, tree)) {
    const { entry, spot, node } = exporter
    const { initialBackoff: initialBackoffMs, maxBackoff: maxBackoffMs } = entry.retryPolicy
    checkWaits({ initialBackoffMs, maxBackoffMs }, spot, node, run)
    if (taken.includes(entry.name))
      run.fault(spotOf(spot, node, 'name'), `"${entry.name}" is a name of Node Doctor's own; expected another`)
    const path = plainSocket(entry.socketAddress)
    const where = socketSpot(exporter)
    const other = sockets.get(oneSpelling(path))
    if (other !== undefined)
      run.fault(where, `"${path}" is the socket of ${other}; expected another for exporter "${entry.name}"`)
    else sockets.set(oneSpelling(path), `exporter "${entry.name}", at ${where.place.where}`)
  }
}
