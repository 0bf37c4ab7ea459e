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

/** Who listens at a socket by an entry of a list of the configuration. */
interface Listener {
  readonly name: string
  readonly enabled: boolean
  readonly socketAddress: string
}

/** Entries that are enabled and have a name and a socket, each with its place. @param steps to their list */
function placedIn<T extends Listener>(
  written: readonly T[],
  tree: Tree,
  ...steps: readonly string[]
): readonly Placed<T>[] {
  const list = steps.reduce<Tree | undefined>(child, tree)
  const base = spotOf(rootSpot(tree), tree, ...steps)
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

/** One listens at a socket, and nobody else. @param whom "exporter", "plug-in of repairs" */
function checkSocket(placed: Placed<Listener>, whom: string, sockets: Map<string, string>, run: Run): void {
  const { name, socketAddress } = placed.entry
  const path = plainSocket(socketAddress)
  const where = socketSpot(placed)
  const other = sockets.get(oneSpelling(path))
  if (other !== undefined)
    run.fault(where, `"${path}" is the socket of ${other}; expected another for ${whom} "${name}"`)
  else sockets.set(oneSpelling(path), `${whom} "${name}", at ${where.place.where}`)
}

/** Programs of others that are told something, or are asked to do it. */
export function checkExternalExporters({ exporters, remediation }: Document, known: Known, run: Run): void {
  const { tree, taken } = known
  const sockets = takenSockets(known)
  for (const exporter of placedIn(exporters.external, tree, 'exporters', 'external')) {
    const { entry, spot, node } = exporter
    const { initialBackoff: initialBackoffMs, maxBackoff: maxBackoffMs } = entry.retryPolicy
    checkWaits({ initialBackoffMs, maxBackoffMs }, spot, node, run)
    if (taken.includes(entry.name))
      run.fault(spotOf(spot, node, 'name'), `"${entry.name}" is a name of Node Doctor's own; expected another`)
    checkSocket(exporter, 'exporter', sockets, run)
  }
  for (const action of placedIn(remediation.actions, tree, 'remediation', 'actions'))
    checkSocket(action, 'plug-in of repairs', sockets, run)
}
