/** What our condition types are called on the node. The kubelet's are never touched: a type like one of those gets a prefix. */

import { BESIDE_PREFIX, cleanName, KUBELET_CONDITIONS } from '#model'

/** Of a condition type on the node. */
export const TYPE_MAX = 63

export interface NamingOptions {
  /** Before every type that `types` does not name. "" or "NodeDoctor". */
  readonly prefix: string
  /** Our type → the node's; "" keeps it away from the node. */
  readonly types: Readonly<Record<string, string>>
}

/** The name on the node; "" for a condition that is not written there. */
export type Naming = (type: string) => string

/** What the configuration names was checked when it was read; a plug-in may still come with any type. */
export function createNaming({ prefix, types }: NamingOptions): Naming {
  return (type) => {
    const mapped = Object.hasOwn(types, type) ? types[type] : undefined
    if (mapped === '') return ''
    const name = cleanName(mapped ?? `${prefix}${type}`, TYPE_MAX)
    return KUBELET_CONDITIONS.has(name) ? `${BESIDE_PREFIX}${name}` : name
  }
}
