/**
 * What our condition types are called on the node. The kubelet's are never touched: a type like one of those gets a prefix,
 * and so does one of a plug-in that nobody configured, which could otherwise take any name that another writer may want.
 */
import type { NodeDoctorConfig } from '#config'
import { BESIDE_PREFIX, cleanName, KUBELET_CONDITIONS, type NodeNames, nodeNameOf, SUMMARY_CONDITION } from '#model'

/** Of a condition type on the node. */
export const TYPE_MAX = 63

export interface NamingOptions extends NodeNames {
  readonly discovered: NodeDoctorConfig['exporters']['kubernetes']['discovered']
  /** Types of node-problem-detector's files: they are called as there. */
  readonly verbatim?: ReadonlySet<string>
}

/**
 * The name on the node; "" for a condition that is not written there.
 * @param isDiscovered only plug-ins that no configuration names speak of it
 */
export type Naming = (type: string, isDiscovered: boolean) => string

/** What the configuration names was checked when it was read; a plug-in may still come with any type. */
export function createNaming({ prefix, types, discovered, verbatim = new Set() }: NamingOptions): Naming {
  const allowed = new Set(discovered.types)
  return (type, isDiscovered) => {
    const before = isDiscovered && !allowed.has(type) ? discovered.prefix : ''
    const asked = nodeNameOf(type, { prefix: `${before}${prefix}`, types }, verbatim.has(type))
    // A type of a file has characters that no other may have.
    if (asked === '' || (asked === type && verbatim.has(type) && !Object.hasOwn(types, type))) return asked
    const name = cleanName(asked, TYPE_MAX)
    return KUBELET_CONDITIONS.has(name) || name === summaryName(types) ? `${BESIDE_PREFIX}${name}` : name
  }
}

/** What the summary is called; "": it is not written. */
export function summaryName(types: NamingOptions['types']): string {
  return cleanName(nodeNameOf(SUMMARY_CONDITION, { prefix: '', types }, true), TYPE_MAX)
}
