/** What this exporter has written on the node, how bad it was and when its words went out. Pure: times are monotonic milliseconds. */
import type { KubeNode } from '#kube'
import type { Desired } from './desired.ts'
import type { Ours } from './ours.ts'
import { WATCHED, WELL } from './rank.ts'

/** New words about something that is well travel with the heartbeat; about a problem once in this time at most. */
const REWORD_MS = 60_000

export interface Written {
  readonly types: ReadonlySet<string>
  /** What stands there by the file of an earlier exporter is ours, whatever became of the note. */
  adopt(node: KubeNode, remembered: Ours | undefined): void
  /** The node is another object: nothing of ours is on it. */
  forget(): void
  /** Whether a change of words alone may go out now. */
  mayReword(desired: Desired, nowMs: number): boolean
  /** Of these, what is worse than what was written last; what only waits to be known is not. */
  worse(types: readonly string[], desired: ReadonlyMap<string, Desired>): string[]
  wrote(types: readonly string[], desired: ReadonlyMap<string, Desired>, nowMs: number): void
  removed(types: readonly string[]): void
}

/** @param updateMs least time between two patches */
export function createWritten(updateMs: number): Written {
  const types = new Set<string>()
  const ranks = new Map<string, number>()
  const rewordedMs = new Map<string, number>()

  return {
    types,
    adopt(node, remembered) {
      if (remembered === undefined || remembered.uid !== node.metadata.uid) return
      const standing = new Set((node.status?.conditions ?? []).map(({ type }) => type))
      for (const type of remembered.types) if (standing.has(type)) types.add(type)
    },
    forget() {
      types.clear()
      ranks.clear()
    },
    mayReword({ type, rank }, nowMs) {
      if (rank === WELL) return false
      const lastMs = rewordedMs.get(type) ?? Number.NEGATIVE_INFINITY
      return nowMs - lastMs >= Math.max(updateMs, REWORD_MS)
    },
    worse: (changing, desired) =>
      changing.filter((type) => (desired.get(type)?.rank ?? WELL) > Math.max(WATCHED, ranks.get(type) ?? WELL)),
    wrote(changed, desired, nowMs) {
      for (const type of changed) {
        types.add(type)
        ranks.set(type, desired.get(type)?.rank ?? WELL)
        rewordedMs.set(type, nowMs)
      }
    },
    removed(gone) {
      for (const type of gone) {
        types.delete(type)
        rewordedMs.delete(type)
        ranks.delete(type)
      }
    },
  }
}
