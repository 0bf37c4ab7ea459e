/** What conditions are called on the node: never as the kubelet's, and no two alike. */
import { BESIDE_PREFIX, DETECTOR_CONDITIONS, KUBELET_CONDITIONS, nodeNameOf, SUMMARY_CONDITION } from '#model'
import type { Catalog } from '../catalog.ts'
import type { Document } from '../schema/document.ts'
import type { Tree } from '../tree/tree.ts'
import type { PluginEntry } from '../types.ts'
import type { Run, Spot } from '../walk/run.ts'
import type { NamedType } from './instance-types.ts'
import { type Placed, rootSpot, spotOf } from './spot.ts'

/** Who names types. */
export interface Naming {
  readonly plugins: readonly Placed<PluginEntry>[]
  /** By keys of checks. */
  readonly named: readonly NamedType[]
  readonly catalog: Catalog
  readonly tree: Tree
}

/** Every type that this configuration names, with the place where it is named. */
function typesOf({ plugins, named, catalog, tree }: Naming): Map<string, Spot> {
  const ours = [
    ...catalog.checks.flatMap(({ conditions }) => conditions.map(({ type }) => type)),
    ...DETECTOR_CONDITIONS.map(({ type }) => type),
    SUMMARY_CONDITION,
  ]
  const types = new Map<string, Spot>(
    ours.map((type) => [type, spotOf(rootSpot(tree), tree, 'exporters', 'kubernetes')]),
  )
  for (const { type, spot } of named) if (!types.has(type)) types.set(type, spot)
  for (const { entry, spot, node } of plugins) {
    for (const { type } of entry.conditions) types.set(type, spotOf(spot, node, 'conditions'))
  }
  return types
}

export function checkNodeConditions(doc: Document, naming: Naming, run: Run): void {
  const { tree } = naming
  const { enabled, conditionPrefix: prefix, conditionTypes } = doc.exporters.kubernetes
  if (!enabled) return
  const at = (type: string) => spotOf(rootSpot(tree), tree, 'exporters', 'kubernetes', 'conditionTypes', type)
  const verbatim = new Set(naming.named.filter(({ isVerbatim }) => isVerbatim).map(({ type }) => type))
  verbatim.add(SUMMARY_CONDITION)
  const names = new Map<string, string>()
  for (const [type, spot] of typesOf(naming)) {
    const mapped = conditionTypes[type]
    const name = nodeNameOf(type, { prefix, types: conditionTypes }, verbatim.has(type))
    if (name === '') continue
    if (KUBELET_CONDITIONS.has(name)) {
      const own = `exporters.kubernetes.conditionTypes: { ${type}: ${BESIDE_PREFIX}${type} }`
      const fix = mapped === undefined ? `write ${own}, or conditionPrefix: ${BESIDE_PREFIX}` : `write ${own}`
      run.fault(mapped === undefined ? spot : at(type), `condition type "${name}" on the node is the kubelet's; ${fix}`)
    }
    const other = names.get(name)
    if (other !== undefined)
      run.fault(at(type), `"${name}" is what "${other}" is called on the node already; expected another name`)
    names.set(name, type)
  }
  const known = typesOf(naming)
  const types = [...known.keys()]
  for (const [type, name] of Object.entries(conditionTypes)) {
    // A plug-in that nobody configured may come with it.
    if (!known.has(type)) {
      const near = run.nearest(type, types)
      const hint = near === undefined ? '' : `; did you mean "${near}"?`
      run.note(at(type), `no check and no plug-in here declares "${type}"${hint}`)
    }
    if (KUBELET_CONDITIONS.has(name) && !names.has(name))
      run.fault(
        at(type),
        `condition type "${name}" on the node is the kubelet's; expected another, such as ${BESIDE_PREFIX}${type}`,
      )
  }
}
