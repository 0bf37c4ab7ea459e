/** Keys by the names that our documentation gives them, where they have others too. */
import { type Catalog, checkOf } from '../../catalog.ts'
import type { Entry, MapNode, Tree } from '../../tree/tree.ts'
import type { JsonSchema } from '../../walk/json-schema.ts'
import { withEntries } from './edit.ts'

function namesOf({ properties = {} }: JsonSchema): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(properties).flatMap(([name, { aliases = [] }]) => aliases.map((other) => [other, name])),
  )
}

/** The schema of a check's own keys stands in the catalogue. */
function schemaOf(key: string, schema: JsonSchema, map: MapNode, catalog: Catalog): JsonSchema {
  const own =
    schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
  const type = map.entries.get('type')?.node
  if (own?.deferred === true) return (type?.kind === 'scalar' ? checkOf(catalog, type.text)?.schema : undefined) ?? {}
  return own ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {})
}

/** @param schema of the tree */
export function withOwnNames(schema: JsonSchema, tree: Tree, catalog: Catalog): Tree {
  if (tree.kind === 'list')
    return { ...tree, items: tree.items.map((item) => withOwnNames(schema.items ?? {}, item, catalog)) }
  if (tree.kind !== 'map') return tree
  const names = namesOf(schema)
  const entries = [...tree.entries].map(([key, entry]): readonly [string, Entry] => {
    const name = names.get(key) ?? key
    return [name, { ...entry, node: withOwnNames(schemaOf(name, schema, tree, catalog), entry.node, catalog) }]
  })
  return withEntries(tree, entries)
}
