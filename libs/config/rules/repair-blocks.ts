/** Blocks `remediation` of checks and of plug-ins, taken apart into their strategies, each with its place. */
import { child, type Tree } from '../tree/tree.ts'
import type { MonitorEntry, PluginEntry, RemediationEntry } from '../types.ts'
import type { Spot } from '../walk/run.ts'
import { itemSpot, type Placed, spotOf } from './spot.ts'

/** One strategy, and those that it stands in. */
export interface PlacedRepair {
  readonly entry: RemediationEntry
  readonly spot: Spot
  /** Undefined: it is nowhere written as a map, and a fault already. */
  readonly node: Tree | undefined
  /** From the outermost in. Empty: of the block itself. */
  readonly outer: readonly RemediationEntry[]
  /** It, or what encloses it, is switched off. */
  readonly isOff: boolean
}

function within(placed: PlacedRepair): readonly PlacedRepair[] {
  const { entry, spot, node, outer } = placed
  const list = child(node, 'strategies')
  const items = list?.kind === 'list' ? list.items : []
  // What is no list of maps is a fault already.
  const inner = Array.isArray(entry.strategies) ? entry.strategies : []
  return [
    placed,
    ...inner.flatMap((one, index) =>
      node === undefined
        ? []
        : within({
            entry: one,
            spot: itemSpot(spot, node, 'strategies', index),
            node: items[index],
            outer: [...outer, entry],
            isOff: placed.isOff || !one.enabled,
          }),
    ),
  ]
}

/** Every strategy of a check, or of a plug-in, the block itself first. */
export function repairsOf({ entry, spot, node }: Placed<MonitorEntry | PluginEntry>): readonly PlacedRepair[] {
  const { remediation } = entry
  if (remediation === undefined) return []
  const at = spotOf(spot, node, 'remediation')
  return within({
    entry: remediation,
    spot: at,
    node: child(node, 'remediation'),
    outer: [],
    isOff: !remediation.enabled,
  })
}
