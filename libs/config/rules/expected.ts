/** `detector.expect`: names of our own monitors. */
import type { Catalog } from '../catalog.ts'
import { PLANNED_CHECKS } from '../parts.ts'
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import { child } from '../tree/tree.ts'
import type { NodeDoctorConfig } from '../types.ts'
import type { Run } from '../walk/run.ts'
import { itemSpot, rootSpot, spotOf } from './spot.ts'

/** A fault for each name that is none of ours; what is expected and not built is told as missing. */
export function checkExpected(doc: Document, catalog: Catalog, tree: Tree, run: Run): NodeDoctorConfig['missing'] {
  const built = catalog.monitors.map(({ name }) => name)
  const planned = Object.values(PLANNED_CHECKS).filter((name) => !built.includes(name))
  const names = [...new Set([...built, ...planned])].toSorted()
  const detector = child(tree, 'detector')
  return doc.detector.expect.flatMap((name, index) => {
    if (typeof name !== 'string' || built.includes(name) || detector === undefined) return []
    const spot = itemSpot(spotOf(rootSpot(tree), tree, 'detector'), detector, 'expect', index)
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
