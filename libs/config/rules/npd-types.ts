/** A condition type of NPD's file that is somebody else's: a fault of that file, and of nothing else. */
import { DETECTOR_CONDITIONS, KUBELET_CONDITIONS, nodeNameOf, SUMMARY_CONDITION } from '#model'
import { type Catalog, checkOf } from '../catalog.ts'
import type { ConfigProblem } from '../errors.ts'
import type { NpdRead } from '../npd/kinds.ts'
import type { Document } from '../schema/document.ts'
import { cut } from '../secrets.ts'
import type { MonitorEntry, PluginEntry } from '../types.ts'
import { ownerOf } from './owner.ts'
import type { Placed } from './spot.ts'

interface Known {
  readonly doc: Document
  readonly catalog: Catalog
  readonly monitors: readonly Placed<MonitorEntry>[]
  readonly plugins: readonly Placed<PluginEntry>[]
}

/** In words, whose each type is that no file may declare. */
function ownersIn({ catalog, monitors, plugins }: Known): ReadonlyMap<string, string> {
  const checks = monitors
    .filter(({ entry }) => entry.enabled)
    .flatMap((placed) =>
      (checkOf(catalog, placed.entry.type)?.conditions ?? []).map(({ type }) => [type, ownerOf(placed).words] as const),
    )
  return new Map([
    ...plugins.flatMap(({ entry }) => entry.conditions.map(({ type }) => [type, `plug-in "${entry.name}"`] as const)),
    // The first of those that speak of it is named.
    ...checks.toReversed(),
    ...[...DETECTOR_CONDITIONS.map(({ type }) => type), SUMMARY_CONDITION].map(
      (type) => [type, 'the detector'] as const,
    ),
    ...[...KUBELET_CONDITIONS].map((type) => [type, 'the kubelet'] as const),
  ])
}

/** What conditions are called on the node, with the type that is called so. */
function createNodeNames({ doc, catalog }: Known, owned: Iterable<string>) {
  const { conditionPrefix: prefix, conditionTypes: types } = doc.exporters.kubernetes
  const ofFile = (type: string) => nodeNameOf(type, { prefix, types }, true)
  const ofOurs = (type: string) => nodeNameOf(type, { prefix, types }, type === SUMMARY_CONDITION)
  const own = [...catalog.checks.flatMap(({ conditions }) => conditions.map(({ type }) => type)), ...owned]
  const names = new Map(own.filter((type) => !KUBELET_CONDITIONS.has(type)).map((type) => [ofOurs(type), type]))
  return {
    /** The other type that is called as this one would be. */
    clash(type: string): string | undefined {
      const name = ofFile(type)
      const other = name === '' ? undefined : names.get(name)
      return other === type ? undefined : other
    },
    isKubelets: (type: string) => KUBELET_CONDITIONS.has(ofFile(type)),
    nameOf: ofFile,
    take: (type: string) => void names.set(ofFile(type), type),
  }
}

/** Whether a file's rules are run here, or a monitor outside says what it finds: of those two one alone may have a type. */
const isOutside = ({ kind }: NpdRead) => kind === 'external'

/** Says for one file after the other what of its types cannot be. */
export function createTypeRule(known: Known): (file: NpdRead) => readonly ConfigProblem[] {
  const owners = ownersIn(known)
  const names = createNodeNames(known, owners.keys())
  const isOnNode = known.doc.exporters.kubernetes.enabled
  const files = new Map<string, NpdRead>()

  function faultOf(type: string, file: NpdRead): string | undefined {
    const shown = `"${cut(type, 80)}"`
    const owner = owners.get(type)
    if (owner !== undefined) return `condition type ${shown} belongs to ${owner}; expected another name`
    const before = files.get(type)
    if (before !== undefined && isOutside(before) !== isOutside(file))
      return `condition type ${shown} belongs to ${before.path}; expected another name`
    if (!isOnNode) return undefined
    const name = `"${cut(names.nameOf(type), 80)}"`
    if (names.isKubelets(type))
      return `condition type ${shown} is ${name} on the node, which is the kubelet's; expected another name`
    const other = names.clash(type)
    return other && `condition type ${shown} is ${name} on the node, as "${cut(other, 80)}" is; expected another name`
  }

  return (file) => {
    const { types, faults: before } = file
    const faults = types.flatMap(({ type, key, where }) => {
      const text = faultOf(type, file)
      return text === undefined ? [] : [{ where, path: key, text }]
    })
    if (faults.length > 0 || before.length > 0) return faults
    for (const { type } of types) {
      names.take(type)
      if (!files.has(type)) files.set(type, file)
    }
    return faults
  }
}
