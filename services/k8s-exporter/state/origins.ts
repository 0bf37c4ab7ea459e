/** Who stands behind the sources of a condition: a monitor of ours, one that somebody configured, or a plug-in that appeared. */
import { DETECTOR, type MonitorState } from '#model'

export interface Origins {
  /** A bus that was made anew tells conditions before monitors: what was known stays known. */
  learn(monitors: Iterable<MonitorState>): void
  /** At least one of them was told of. */
  areKnown(sources: readonly string[]): boolean
  /** The first of them, where all are plug-ins that no configuration names; else "". */
  pluginOf(sources: readonly string[]): string
}

/** Remembered; many times what a node may have at once. */
const KEPT = 1024

export function createOrigins(): Origins {
  const known = new Map<string, MonitorState['origin']>()
  return {
    learn(monitors) {
      for (const { name, origin } of monitors) {
        known.delete(name)
        known.set(name, origin)
      }
      for (const name of known.keys()) {
        if (known.size <= KEPT) return
        known.delete(name)
      }
    },
    areKnown: (sources) => sources.some((source) => source === DETECTOR || known.has(source)),
    pluginOf(sources) {
      const isOurs = (source: string) => source === DETECTOR || (known.get(source) ?? 'discovered') !== 'discovered'
      return sources.some(isOurs) ? '' : (sources[0] ?? '')
    },
  }
}
