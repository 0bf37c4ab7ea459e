/** What a condition type is called on the node. */
import { KUBELET_CONDITIONS } from './kubelet.ts'

/** What the configuration says of names on the node. */
export interface NodeNames {
  /** Before every type that `types` does not name. "" or "NodeDoctor". */
  readonly prefix: string
  /** Our type → the node's; "" keeps it away from the node. */
  readonly types: Readonly<Record<string, string>>
}

/**
 * As it is asked for, before who else has the name is looked at. "": it is not written there.
 * @param isVerbatim it is called as it is, prefix or not: a type of node-problem-detector's files, or the summary
 */
export function nodeNameOf(type: string, { prefix, types }: NodeNames, isVerbatim: boolean): string {
  const mapped = Object.hasOwn(types, type) ? types[type] : undefined
  return mapped ?? (isVerbatim && !KUBELET_CONDITIONS.has(type) ? type : `${prefix}${type}`)
}
