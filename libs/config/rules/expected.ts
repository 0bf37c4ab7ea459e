/** `detector.expect`: names of our own monitors. */
import type { Catalog } from '../catalog.ts'
import { DEFAULT_MONITOR_NAMES, PLANNED_CHECKS } from '../parts.ts'
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import { child } from '../tree/tree.ts'
import type { MonitorEntry, NodeDoctorConfig } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { itemSpot, type Placed, rootSpot, spotOf } from './spot.ts'

/** What to write so that a monitor has a check: one that is there by default gave way to a plug-in. */
function checkWords(name: string, { defaultMonitors }: Document): string {
  const own = 'one of its checks below monitors'
  const isLeftOut = defaultMonitors !== undefined && !defaultMonitors.some((one) => one === name)
  return isLeftOut && DEFAULT_MONITOR_NAMES.some((one) => one === name)
    ? `"${name}" in defaultMonitors, or ${own}`
    : own
}

/** What names of monitors are held against. */
interface Known {
  readonly catalog: Catalog
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly tree: Tree
}

/**
 * A fault for each name that is none of ours, and for each monitor that has no check: it would be awaited, come, and watch nothing. What
 * is expected and not built is told as missing.
 */
export function checkExpected(
  doc: Document,
  { catalog, monitors, tree }: Known,
  run: Run,
): NodeDoctorConfig['missing'] {
  const asked = new Set(monitors.flatMap(({ entry }) => (entry.enabled ? [entry.monitor] : [])))
  const built = catalog.monitors.map(({ name }) => name)
  const planned = Object.values(PLANNED_CHECKS).filter((name) => !built.includes(name))
  const names = [...new Set([...built, ...planned])].toSorted()
  const detector = child(tree, 'detector')
  return doc.detector.expect.flatMap((name, index) => {
    if (typeof name !== 'string' || asked.has(name) || detector === undefined) return []
    const spot = itemSpot(spotOf(rootSpot(tree), tree, 'detector'), detector, 'expect', index)
    if (built.includes(name)) {
      run.fault(
        spot,
        `monitor "${name}" is expected, and has no check that is switched on; expected ${checkWords(name, doc)}`,
      )
      return []
    }
    if (planned.includes(name))
      return [
        {
          key: `detector.expect.${name}`,
          what: `monitor "${name}"`,
          reason: 'it is not part of this version',
          origin: spot.place.origin,
        },
      ]
    run.fault(spot, `there is no monitor "${name}" of Node Doctor's own; ${run.suggest(name, names)}`)
    return []
  })
}
