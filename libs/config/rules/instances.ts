/**
 * Two checks of one type tell the same conditions, each its own way: the condition would change with every run. Allowed
 * where a check's instances are told apart by their names, or by what they look at (the paths of disks) and no two look at
 * the same.
 */
import { textsAt } from '#model'
import { type Catalog, type CatalogCheck, checkOf } from '../catalog.ts'
import type { MonitorEntry } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { type Placed, spotOf } from './spot.ts'

export function checkInstances(monitors: readonly Placed<MonitorEntry>[], catalog: Catalog, run: Run): void {
  const byType = Map.groupBy(
    monitors.filter(({ entry }) => entry.enabled && entry.monitor !== ''),
    ({ entry }) => entry.type,
  )
  for (const [type, placed] of byType) {
    const check = checkOf(catalog, type)
    if (check === undefined || check.instances === 'many' || placed.length < 2) continue
    const seen = new Map<string, string>()
    placed.forEach(({ entry, spot, node }, index) => {
      const subjects = subjectsOf(check, entry)
      const taken = subjects?.find((subject) => seen.has(subject))
      const first = placed[0]?.entry.name ?? ''
      if (index > 0 && (subjects === undefined || seen.has(''))) {
        run.fault(
          spotOf(spot, node, 'type'),
          `"${first}" is of type "${type}" too and looks at the same; expected one check of it`,
        )
      } else if (taken !== undefined) {
        run.fault(
          spotOf(spot, node, 'config'),
          `"${taken}" is looked at by "${seen.get(taken)}" already; expected it in one check`,
        )
      }
      for (const subject of subjects ?? ['']) if (!seen.has(subject)) seen.set(subject, entry.name)
    })
  }
}

/** What a check is to look at, as its keys name it; undefined: all there is. */
function subjectsOf({ apartBy }: CatalogCheck, { config }: MonitorEntry): readonly string[] | undefined {
  const subjects = apartBy === undefined ? [] : textsAt(config, apartBy)
  return subjects.length === 0 ? undefined : subjects
}
