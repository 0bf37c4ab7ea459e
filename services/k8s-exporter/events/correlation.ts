/**
 * Which events are one, as client-go's correlator has it (k8s.io/client-go/tools/record, EventAggregator): the same words of
 * a source and a reason; and from the tenth different text on one event for all further ones. Its filter of spam, which
 * drops without a word, is not here. Pure.
 */
import { hashText } from '#model'
import { putLast } from './kept.ts'
import { COMBINED } from './render.ts'

/** Different texts of one reason from which on they are told as one event, and for how long after the last they count. */
export const AGGREGATED_FROM = 10
export const AGGREGATED_MS = 600_000
/** What client-go remembers of each, the last used. */
export const REMEMBERED = 4096

/** What tells events apart, beside the node that all of them are about. */
export interface Similar {
  readonly component: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface Correlated {
  /** Events of one key are one. */
  readonly key: string
  readonly message: string
}

export interface Correlator {
  /** The same for the same again: what was not accepted comes another time. */
  of(similar: Similar, atMs: number): Correlated
}

interface Group {
  readonly texts: Set<string>
  lastMs: number
}

/** One for all sources of a node: each has its own name in what tells them apart. */
export function createCorrelator(): Correlator {
  const groups = new Map<string, Group>()

  function groupOf(key: string, atMs: number): Group {
    const known = groups.get(key)
    if (known === undefined || atMs - known.lastMs > AGGREGATED_MS) return { texts: new Set(), lastMs: atMs }
    return known
  }

  return {
    of({ component, type, reason, message }, atMs) {
      const shared = JSON.stringify(['npd', component, type, reason])
      const text = hashText(message)
      const group = groupOf(shared, atMs)
      group.lastMs = Math.max(group.lastMs, atMs)
      putLast(groups, shared, group, REMEMBERED)
      if (!group.texts.has(text) && group.texts.size + 1 >= AGGREGATED_FROM)
        return { key: shared, message: `${COMBINED}${message}` }
      group.texts.add(text)
      return { key: `${shared} ${text}`, message }
    },
  }
}
