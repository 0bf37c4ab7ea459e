/** Values that no schema of ours describes (the keys of a check that does not run here): taken as they are. */

import type { Tree } from '../tree/tree.ts'
import type { JsonSchema } from './json-schema.ts'
import { at, below, type Run, type Spot } from './run.ts'

export function walkAny(schema: JsonSchema, node: Tree, spot: Spot, run: Run): unknown {
  if (node.kind === 'scalar') {
    run.wrote(spot, node, schema)
    return node.value
  }
  if (node.kind === 'list') {
    if (node.items.length === 0) run.wrote(spot, node, schema)
    return node.items.map((item, index) => walkAny(schema, item, at(spot, index, undefined, item.place), run))
  }
  const entries = [...node.entries].map(([key, { place, node: item }]) => {
    return [key, walkAny(schema, item, below(spot, key, place), run)] as const
  })
  return Object.fromEntries(entries)
}
