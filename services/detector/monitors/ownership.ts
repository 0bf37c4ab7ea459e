/**
 * Who may speak of a condition type. It follows from the checks that are configured of built-in monitors and from the rest of
 * the configuration, never from who came first, nor from who is up: a type that neither names belongs to every plug-in that
 * reports it, each kept as a source of its own.
 */
import { DETECTOR, DETECTOR_CONDITIONS } from '#model'
import type { DetectorConfig } from '../config.ts'

export interface Ownership {
  /** The owner of each type that one monitor alone may report. */
  readonly owners: ReadonlyMap<string, string>
  /** The one monitor that may report this type; undefined where several may. */
  ownerOf(type: string): string | undefined
  /** Why a monitor may not report this type: whose it is ("gpu, system"); undefined: it may. */
  othersOf(type: string, monitor: string): string | undefined
}

export interface OwnershipSource {
  readonly builtIn: readonly {
    readonly monitor: string
    readonly types: readonly string[]
    /** Types of which several built-in monitors may speak, and nobody else. */
    readonly shared: readonly string[]
  }[]
  /** Configured plug-ins; those types that are declared shared belong to nobody alone. */
  readonly configured: readonly {
    readonly name: string
    readonly conditions: readonly { readonly type: string; readonly shared: boolean }[]
  }[]
}

/** By each type that built-in monitors share: these, and the configured plug-ins that are let in by name. */
function sharersOf({ builtIn, configured }: OwnershipSource): ReadonlyMap<string, readonly string[]> {
  const sharers = new Map<string, string[]>()
  for (const { monitor, shared } of builtIn) {
    for (const type of shared) sharers.set(type, [...(sharers.get(type) ?? []), monitor])
  }
  for (const { name, conditions } of configured) {
    for (const { type, shared } of conditions) if (shared) sharers.get(type)?.push(name)
  }
  return sharers
}

export function createOwnership(source: OwnershipSource): Ownership {
  const owners = new Map<string, string>(DETECTOR_CONDITIONS.map(({ type }) => [type, DETECTOR]))
  const sharers = sharersOf(source)
  const shared = new Set<string>(sharers.keys())
  for (const { conditions } of source.configured) {
    for (const { type, shared: isShared } of conditions) if (isShared) shared.add(type)
  }
  for (const { monitor, types } of source.builtIn) {
    for (const type of types) if (!owners.has(type)) owners.set(type, monitor)
  }
  for (const { name, conditions } of source.configured) {
    for (const { type } of conditions) if (!owners.has(type) && !shared.has(type)) owners.set(type, name)
  }

  function othersOf(type: string, monitor: string): string | undefined {
    const owner = owners.get(type)
    if (owner !== undefined) return owner === monitor ? undefined : owner
    const among = sharers.get(type)
    return among === undefined || among.includes(monitor) ? undefined : among.toSorted().join(', ')
  }

  return { owners, ownerOf: (type) => owners.get(type), othersOf }
}

/** Who owns what by the configuration of this node. */
export function ownershipOf({ catalog, plugins }: Pick<DetectorConfig, 'catalog' | 'plugins'>): Ownership {
  return createOwnership({
    builtIn: catalog.map(({ monitor, conditionTypes, sharedTypes }) => ({
      monitor,
      types: conditionTypes,
      shared: sharedTypes,
    })),
    configured: plugins,
  })
}
