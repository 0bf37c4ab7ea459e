/** What files of NPD have in common as entries: a name of their own, and what their schema says of them. */
import { hideGiven } from './layers/hide.ts'
import type { NpdConfig, NpdRead } from './npd/kinds.ts'
import { mapOf } from './tree/tree.ts'
import type { JsonSchema } from './walk/json-schema.ts'
import { Run } from './walk/run.ts'
import { walk } from './walk/walk.ts'

const NAME_MAX = 63

/** A text as a name: what may not stand in one is "-", and the second of a name has a number. */
export function nameOf(text: string, taken: Set<string>): string {
  const trimmed = (name: string) => name.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  const plain = trimmed(text.replace(/[^A-Za-z0-9._-]+/g, '-'))
  const base = trimmed(plain.slice(0, NAME_MAX)) || 'npd'
  let name = base
  for (let count = 2; taken.has(name); count++) {
    const end = `-${count}`
    name = `${trimmed(base.slice(0, NAME_MAX - end.length))}${end}`
  }
  taken.add(name)
  return name
}

/** What a schema takes of a file; its faults name keys and places of the file. */
export function walkFile<T extends NpdConfig>(
  { path, whereOf, writtenAs }: NpdRead,
  config: NpdConfig,
  schema: JsonSchema,
): { readonly config: T; readonly faults: NpdRead['faults'] } {
  const run = new Run()
  const place = { where: path, origin: { layer: 'file', text: path } } as const
  const taken = walk(schema, hideGiven(mapOf(config, place)), { path: '', key: '', place }, run) as T
  const faults = run.problems.map((fault) => {
    const key = writtenAs(fault.path)
    return { ...fault, path: key, where: whereOf(key) }
  })
  return { config: taken, faults }
}
