/** The whole table, put together. */

import { DNS_SECTIONS } from './rows/dns.ts'
import { DOCUMENT_SECTIONS } from './rows/document.ts'
import { KUBERNETES_SECTIONS } from './rows/kubernetes.ts'
import { LOG_SECTIONS } from './rows/later/log.ts'
import { MONITORS_SECTION } from './rows/monitors.ts'
import { NETWORK_SECTIONS } from './rows/network.ts'
import { PEER_SECTIONS } from './rows/peers.ts'
import { POD_SECTIONS } from './rows/pods.ts'
import { SERVED_SECTIONS } from './rows/system.ts'
import { TYPES } from './rows/types.ts'
import type { Row, Section, TypeRow } from './types.ts'

/** Of `config`, type by type; those that nobody serves yet come last. */
export const TYPE_SECTIONS: readonly Section[] = [
  ...SERVED_SECTIONS,
  ...KUBERNETES_SECTIONS,
  ...DNS_SECTIONS,
  ...NETWORK_SECTIONS,
  ...PEER_SECTIONS,
  ...POD_SECTIONS,
  ...LOG_SECTIONS,
]

/** Of the document and of its checks. */
export const SECTIONS: readonly Section[] = [...DOCUMENT_SECTIONS, MONITORS_SECTION]

const BY_TYPE = new Map(TYPE_SECTIONS.flatMap(({ types = [], rows }) => types.map((type) => [type, rows] as const)))
const TYPE_ROWS = new Map(TYPES.map((row) => [row.type, row]))

/** The rows of `config` of a type, by any of its names. */
export function rowsOfType(type: string): readonly Row[] {
  return BY_TYPE.get(type) ?? []
}

/** What is known of a type's name. */
export function typeRowOf(type: string): TypeRow | undefined {
  return TYPE_ROWS.get(type)
}

export { TYPES }
