/** What a check's type is called: here, otherwise here, and by the Go Node Doctor. Pure. */
import { CATALOG, type Catalog, checkOf } from './catalog.ts'
import { TYPES } from './dialects/go/rows/types.ts'
import type { TypeRow } from './dialects/go/types.ts'

const GO_TYPES: ReadonlyMap<string, TypeRow> = new Map(TYPES.map((row) => [row.type, row]))

/** What a name of a type stands for. */
export interface CalledType {
  /** Types of ours, of which one or more serve it; none: nobody does. */
  readonly types: readonly string[]
  /** Of one that nobody serves: what to do instead, as an advice; "": nothing is known of that. */
  readonly instead: string
}

/** undefined: no type is called so, here or there. */
export function calledType(name: string, catalog: Catalog = CATALOG): CalledType | undefined {
  const own = checkOf(catalog, name)
  if (own !== undefined) return { types: [own.type], instead: '' }
  const row = GO_TYPES.get(name)
  if (row === undefined) return undefined
  const served = (row.to ?? [name]).flatMap((type) => checkOf(catalog, type)?.type ?? [])
  return { types: served, instead: row.instead ?? '' }
}

/** Every name that a type has, each once. */
export function typeNames(catalog: Catalog = CATALOG): readonly string[] {
  const own = catalog.checks.flatMap(({ type, aliases }) => [type, ...aliases])
  return [...new Set([...own, ...GO_TYPES.keys()])]
}
