/** What of the node's conditions somebody confirms, by the heartbeats that change. Pure: times are monotonic milliseconds. */
import type { KubeNode } from '#kube'

/** node-problem-detector's own heartbeat (`--k8s-exporter-heartbeat-period`): another writer's is taken for no shorter. */
const THEIRS_MS = 5 * 60_000

/**
 * Every `npd` of a node writes the same mark, and a real node-problem-detector may write the same types. Who lives writes
 * another heartbeat time; whether it is later than ours is no matter, since clocks are set.
 */
export interface Confirmations {
  /** The node, as it is at that time. */
  saw(node: KubeNode, nowMs: number): void
  /** Types whose heartbeat was the same in all looks of two heartbeats: ours, and at least two times 5 minutes. */
  readonly missing: ReadonlySet<string>
}

/** @param heartbeatMs ours */
export function createConfirmations(heartbeatMs: number): Confirmations {
  const patienceMs = 2 * Math.max(heartbeatMs, THEIRS_MS)
  let seen = new Map<string, { readonly heartbeat: string; readonly sinceMs: number }>()
  let missing: ReadonlySet<string> = new Set()

  return {
    saw({ metadata, status }, nowMs) {
      const before = seen
      seen = new Map()
      for (const { type, lastHeartbeatTime } of status?.conditions ?? []) {
        const heartbeat = `${metadata.uid} ${lastHeartbeatTime}`
        const known = before.get(type)
        seen.set(type, known?.heartbeat === heartbeat ? known : { heartbeat, sinceMs: nowMs })
      }
      missing = new Set([...seen].flatMap(([type, { sinceMs }]) => (nowMs - sinceMs < patienceMs ? [] : [type])))
    },
    get missing() {
      return missing
    },
  }
}
