/**
 * Who may speak of a condition type. It follows from the built-in monitors and the configuration, never from who came
 * first: a type that neither names belongs to every plug-in that reports it, each kept as a source of its own.
 */
import { DETECTOR, DETECTOR_CONDITIONS } from '#model'

export interface Ownership {
  /** The owner of each type that one monitor alone may report. */
  readonly owners: ReadonlyMap<string, string>
  /** The one monitor that may report this type; undefined where several may. */
  ownerOf(type: string): string | undefined
}

export interface OwnershipSource {
  readonly builtIn: readonly { readonly monitor: string; readonly types: readonly string[] }[]
  /** Configured plug-ins; those types that are declared shared belong to nobody alone. */
  readonly configured: readonly {
    readonly name: string
    readonly conditions: readonly { readonly type: string; readonly shared: boolean }[]
  }[]
}

export function createOwnership(source: OwnershipSource): Ownership {
  const owners = new Map<string, string>(DETECTOR_CONDITIONS.map(({ type }) => [type, DETECTOR]))
  const shared = new Set<string>()
  for (const { conditions } of source.configured) {
    for (const { type, shared: isShared } of conditions) if (isShared) shared.add(type)
  }
  for (const { monitor, types } of source.builtIn) {
    for (const type of types) if (!owners.has(type)) owners.set(type, monitor)
  }
  for (const { name, conditions } of source.configured) {
    for (const { type } of conditions) if (!owners.has(type) && !shared.has(type)) owners.set(type, name)
  }
  return { owners, ownerOf: (type) => owners.get(type) }
}
