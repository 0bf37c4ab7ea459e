/** What of the node's conditions somebody confirms, by the heartbeats that change. Pure: times are monotonic milliseconds. */
import type { KubeCondition, KubeNode } from '#kube'

/** node-problem-detector's own heartbeat (`--k8s-exporter-heartbeat-period`): another writer's is taken for no shorter. */
const THEIRS_MS = 5 * 60_000
/** The longest that `--k8s-exporter-heartbeat-period` takes: what came back later was begun anew. */
const LONGEST_MS = 24 * 3_600_000
/** Looks that are further apart than so many intervals show nothing of the time between them. */
const LOOKS_APART = 2
/** So many types that left the node are remembered; those that left last. */
const MAX_LEFT = 256

/**
 * Every `npd` of a node writes the same mark, and a real node-problem-detector may write the same types. Who lives writes
 * another heartbeat time; whether it is later than ours is no matter, since clocks are set. Only time counts in which it would
 * have been seen: nobody writes while the API server is away.
 */
export interface Confirmations {
  /** The node, as it is at that time. */
  saw(node: KubeNode, nowMs: number): void
  /** A request failed: others may not have been able to write either. */
  failed(): void
  /**
   * Types whose heartbeat was the same in all looks of two heartbeats: ours, at least two times 5 minutes, and the longest that a
   * type of this name was seen to have.
   */
  readonly missing: ReadonlySet<string>
}

export interface ConfirmationOptions {
  /** Ours. */
  readonly heartbeatMs: number
  /** How often the node is looked at. */
  readonly resyncMs: number
}

/** A condition on the node, or one that has left it. */
interface Seen {
  readonly heartbeat: string | undefined
  /** Since when it was seen to be the same. */
  readonly sinceMs: number
  /** The longest that it was the same, and then was another, or was put back. */
  readonly longestMs: number
}

function seenNow(known: Seen | undefined, { lastHeartbeatTime }: KubeCondition, nowMs: number): Seen {
  const heartbeat = lastHeartbeatTime ?? ''
  if (known === undefined) return { heartbeat, sinceMs: nowMs, longestMs: 0 }
  if (known.heartbeat === heartbeat) return known
  const longestMs = Math.min(Math.max(known.longestMs, nowMs - known.sinceMs), LONGEST_MS)
  return { heartbeat, sinceMs: nowMs, longestMs }
}

/** Those that are not on the node any more; nobody confirms them, but whoever puts one back may have known it all the while. */
function leftOf(before: ReadonlyMap<string, Seen>, now: ReadonlyMap<string, Seen>): [string, Seen][] {
  const left = [...before].filter(([type]) => !now.has(type))
  return left.slice(-MAX_LEFT).map(([type, seen]) => [type, { ...seen, heartbeat: undefined }])
}

/** Learns by looks, one after the other. */
export function createConfirmations({ heartbeatMs, resyncMs }: ConfirmationOptions): Confirmations {
  let seen: ReadonlyMap<string, Seen> = new Map()
  let uid: string | undefined
  let lookedMs = Number.NEGATIVE_INFINITY
  let missing: ReadonlySet<string> = new Set()

  function isMissing({ heartbeat, sinceMs, longestMs }: Seen, nowMs: number): boolean {
    return heartbeat !== undefined && nowMs - sinceMs >= 2 * Math.max(heartbeatMs, THEIRS_MS, longestMs)
  }

  /** What was known, as far as it counts now. */
  function known(node: KubeNode, nowMs: number): ReadonlyMap<string, Seen> {
    if (node.metadata.uid !== uid) return new Map()
    if (nowMs - lookedMs <= LOOKS_APART * resyncMs) return seen
    return new Map([...seen].map(([type, each]) => [type, { ...each, sinceMs: nowMs }]))
  }

  return {
    saw(node, nowMs) {
      const before = known(node, nowMs)
      const conditions = node.status?.conditions ?? []
      const now = new Map(conditions.map((each) => [each.type, seenNow(before.get(each.type), each, nowMs)]))
      missing = new Set([...now].flatMap(([type, each]) => (isMissing(each, nowMs) ? [type] : [])))
      seen = new Map([...leftOf(before, now), ...now])
      uid = node.metadata.uid
      lookedMs = nowMs
    },
    failed() {
      lookedMs = Number.NEGATIVE_INFINITY
      missing = new Set()
    },
    get missing() {
      return missing
    },
  }
}
